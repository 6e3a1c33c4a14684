/**
 * Trust levels: how far the operator of the router trusts a caller or publisher (spec: Call and Publication Trust
 * Levels).
 */
import type { Uri } from '@wamp/protocol';
import type { Publisher } from './publication.ts';

/** The level that INVOCATION or EVENT tells, 0 being the lowest; with undefined they tell none. */
export type TrustLevel = (who: Publisher, action: 'call' | 'publish', uri: Uri) => number | undefined;
