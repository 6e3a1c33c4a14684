/** Call timeouts: a call whose answer is overdue is canceled (spec: Call Timeout). */
import type { PendingCall } from '../core/pending-calls.ts';
import { forwardsTimeout } from '../core/calls.ts';
import type { Feature } from '../core/realm.ts';

export const callTimeout: Feature = {
  announces: { dealer: ['call_timeout'] },
  install({ dealer: { calls }, clock }) {
    const deadlines = new Map<PendingCall, () => void>();
    const disarm = (call: PendingCall): void => {
      deadlines.get(call)?.();
      deadlines.delete(call);
    };
    const arm = (call: PendingCall): void => {
      const { timeout = 0 } = call.options;
      if (timeout === 0 || forwardsTimeout(call)) return;
      const expire = (): void => {
        calls.expire(call);
      };
      deadlines.set(call, clock.after(timeout, expire));
    };
    calls.invoked.on(arm);
    calls.progressed.on((call) => {
      disarm(call);
      arm(call);
    });
    calls.ended.on(disarm);
  },
};
