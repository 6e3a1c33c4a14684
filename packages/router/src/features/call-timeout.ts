/** Call timeouts: a call whose answer is overdue is canceled (spec: Call Timeout). */
import { forwardsTimeout } from '../core/invocation.ts';
import type { PendingCall } from '../core/pending-calls.ts';
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
      if (timeout === 0) return;
      const expire = (): void => {
        calls.expire(call);
      };
      deadlines.set(call, clock.after(timeout, expire));
    };
    calls.opened.on(arm);
    calls.assigned.on((call, callee) => {
      if (forwardsTimeout(callee, call.options)) disarm(call);
    });
    calls.progressed.on((call) => {
      if (!deadlines.has(call)) return;
      disarm(call);
      arm(call);
    });
    calls.ended.on(disarm);
  },
};
