/** Decision: the outcome of authorization for one request. */
import type { Uri } from '@wamp/protocol';
import type { Session } from './session.ts';

/**
 * The request is permitted, or permitted and its sender disclosed whether it wants to be or not (PID-4), or denied;
 * `failed` is for an invalid answer (T-24).
 */
export type Decision = 'permitted' | 'disclosed' | 'denied' | 'failed';

/** Decides whether a session may publish to a topic, for what its realm publishes on its behalf. */
export type DecidePublish = (session: Session, topic: Uri) => Decision | Promise<Decision>;
