/** The features of a realm, in the order in which they are installed. */
import type { Feature } from '../core/realm.ts';
import { callTimeout } from './call-timeout.ts';
import { metrics } from './metrics.ts';
import { sessionMeta } from './session-meta.ts';

export const features: readonly Feature[] = [callTimeout, sessionMeta, metrics];
