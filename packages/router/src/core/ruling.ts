/** Ruling: what an authorizer's answer means, once it has been read. */
import type { Uri } from '@wamp/protocol';
import type { Session } from './session.ts';

/**
 * The request is permitted, or permitted and its sender disclosed whether it wants to be or not (PID-4), or denied;
 * `failed` is for an invalid answer (T-24).
 */
export type Ruling = 'permitted' | 'disclosed' | 'denied' | 'failed';

/** Whether a session may publish to a topic, for what its realm does in its name. */
export type Permits = (session: Session, topic: Uri) => Ruling | Promise<Ruling>;
