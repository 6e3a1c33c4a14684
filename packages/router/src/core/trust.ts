/**
 * Trust levels: how far the operator of the router trusts a caller or publisher (spec: Call and Publication Trust
 * Levels).
 */
import type { Uri } from '@wamp/protocol';
import type { Publisher } from './publication.ts';

/** Returns the level for INVOCATION or EVENT, 0 being the lowest; undefined to disclose none. */
export type TrustLevel = (who: Publisher, action: 'call' | 'publish', uri: Uri) => number | undefined;
