/** Call timeouts: cancels calls whose answer is overdue (spec: Call Timeout). */
import { ErrorUri } from '@wamp/protocol';
import { forwardsTimeout } from '../core/invocation.ts';
import type { PendingCall } from '../core/pending-calls.ts';
import type { Feature } from '../core/realm.ts';

interface Deadline {
  /** True once the timeout has passed while the callee was enforcing it. */
  overdue: boolean;
  cancel: () => void;
}

export const callTimeout: Feature = {
  announces: { dealer: ['call_timeout'] },
  install({ dealer: { calls }, clock }) {
    const deadlines = new Map<PendingCall, Deadline>();
    const disarm = (call: PendingCall): void => {
      if (deadlines.size === 0) return;
      const deadline = deadlines.get(call);
      if (deadline === undefined) return;
      deadlines.delete(call);
      deadline.cancel();
    };
    const arm = (call: PendingCall): void => {
      const { timeout = 0 } = call.options;
      if (timeout === 0) return;
      const expire = (): void => {
        if (keepsTime(call)) deadline.overdue = true;
        else calls.expire(call);
      };
      const deadline: Deadline = { overdue: false, cancel: clock.after(timeout, expire) };
      deadlines.set(call, deadline);
    };
    calls.opened.on(arm);
    calls.progressed.on((call) => {
      if (!deadlines.has(call)) return;
      disarm(call);
      arm(call);
    });
    calls.declined.on((call) => {
      if (deadlines.get(call)?.overdue === true)
        calls.abandon(call, ErrorUri.TIMEOUT, 'the callee did not answer before the timeout of the call');
    });
    calls.ended.on(disarm);
  },
};

/** TMO-5: whether the callee received the timeout and enforces it. */
function keepsTime({ callee, options }: PendingCall): boolean {
  return callee !== undefined && forwardsTimeout(callee, options);
}
