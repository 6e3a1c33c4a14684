/** Trust levels: how far the router's operator trusts who calls or publishes (spec: Call and Publication Trust Levels). */
import type { Uri } from '@wamp/protocol';
import type { Publisher } from './publication.ts';

/** The level to tell, 0 being the lowest; undefined tells none. */
export type TrustLevel = (who: Publisher, action: 'call' | 'publish', uri: Uri) => number | undefined;
