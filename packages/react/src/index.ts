/** The public names of the package: WAMP for React and Preact. */
import type { Untyped } from '@wamp/client';
import { wampHooks, type WampHooks } from './hooks.ts';

export { useInvalidateAfterGaps, WampProvider, wampHooks, type WampHooks } from './hooks.ts';
export {
  callOptions,
  invalidateAfterGaps,
  streamOptions,
  type Invalidates,
  type WampKey,
} from './queries.ts';

const hooks: WampHooks<Untyped> = wampHooks<Untyped>();

export const useSession: WampHooks<Untyped>['useSession'] = hooks.useSession;
export const useSessionState: WampHooks<Untyped>['useSessionState'] = hooks.useSessionState;
export const useEvents: WampHooks<Untyped>['useEvents'] = hooks.useEvents;
export const useSubscription: WampHooks<Untyped>['useSubscription'] = hooks.useSubscription;
export const useRegistration: WampHooks<Untyped>['useRegistration'] = hooks.useRegistration;
export const useCall: WampHooks<Untyped>['useCall'] = hooks.useCall;
