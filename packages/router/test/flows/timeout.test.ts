/** Conversations about calls whose time is up (checklist §2.14). */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { systemClock } from '../../src/connection/system-clock.ts';

const REGISTERED = `
  callee → [64, 1, {}, "com.slow"]
  callee ← [65, 1, $slow]
`;

function calleeWith(...features: readonly string[]): ConversationOptions {
  const announced = Object.fromEntries(features.map((feature) => [feature, true]));
  return { peers: { callee: { roles: { callee: { features: announced } } } } };
}

describe('kept by the dealer', () => {
  test('TMO-1 TMO-2 TMO-3 T-18 the time is in milliseconds; then ERROR timeout, and INTERRUPT', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 1500}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +1499
      caller ← nothing
      callee ← nothing
      clock +1
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
    `));

  test.each(['{}', '{"timeout": 0}'])('TMO-1 no timeout: %s', (options) =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, ${options}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +100000000
      caller ← nothing
      callee ← nothing
      callee → [70, 1, {}, ["at last"]]
      caller ← [50, 1, {}, ["at last"]]
    `),
  );

  test('TMO-1 a result in time is a result, and the time is forgotten', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +99
      callee → [70, 1, {}, ["just"]]
      caller ← [50, 1, {}, ["just"]]
      clock +100
      caller ← nothing
      callee ← nothing
    `));

  test('TMO-2 CAN-5 a callee without call_canceling is skipped', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← nothing
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
    `,
      calleeWith(),
    ));

  test('T-18 CAN-7 callers without call_canceling get the same answer', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `,
      { peers: { caller: { roles: { caller: {} } } } },
    ));

  test('T-10 INTERRUPT tells that it was the time', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", "reason": "wamp.error.timeout"}]
    `));

  test('TMO-2 each call has its own time', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 300}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [48, 2, {"timeout": 100}, "com.slow"]
      callee ← [68, 2, $slow, {}]
      clock +50
      caller → [48, 3, {"timeout": 100}, "com.slow"]
      callee ← [68, 3, $slow, {}]
      clock +50
      caller ← [8, 48, 2, {}, "wamp.error.timeout"]
      callee ← [69, 2, {"mode": "killnowait", ...}]
      caller ← nothing
      clock +50
      caller ← [8, 48, 3, {}, "wamp.error.timeout"]
      callee ← [69, 3, {"mode": "killnowait", ...}]
      clock +150
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('TMO-6 a canceled call has no time left to run out', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      clock +100
      caller ← nothing
      callee ← nothing
    `));

  test('PCR-8 T-18 each progressive result gives the whole time again', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100, "receive_progress": true}, "com.slow"]
      callee ← [68, 1, $slow, {"receive_progress": true}]
      clock +99
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      clock +99
      callee → [70, 1, {"progress": true}, [2]]
      caller ← [50, 1, {"progress": true}, [2]]
      clock +99
      caller ← nothing
      clock +1
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('PCR-8 T-18 more input does not', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100, "progress": true}, "com.slow", [1]]
      callee ← [68, 1, $slow, {"progress": true}, [1]]
      clock +60
      caller → [48, 1, {"timeout": 100, "progress": true}, "com.slow", [2]]
      callee ← [68, 1, $slow, {"progress": true}, [2]]
      clock +40
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('TMO-2 LEAVE-1 LEAVE-2 who has left is not interrupted and not told', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      other → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 2, $slow, {}]
      caller → closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee → closed
      other ← [8, 48, 1, {}, "wamp.error.canceled", *]
      clock +100
      other ← nothing
    `));
});

describe('kept by the callee', () => {
  const FORWARDING = `
    callee → [64, 1, {"forward_timeout": true}, "com.slow"]
    callee ← [65, 1, $slow]
  `;

  test('TMO-4 TMO-5 T-18 a callee that measures the timeout itself gets it, and the dealer does not measure it', () =>
    converse(`
      ${FORWARDING}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {"timeout": 100}]
      clock +1000
      caller ← nothing
      callee ← nothing
      callee → [8, 68, 1, {}, "wamp.error.timeout", ["my own"]]
      caller ← [8, 48, 1, {}, "wamp.error.timeout", ["my own"]]
    `));

  test.each(['{}', '{"timeout": 0}'])('TMO-1 TMO-5 there is nothing to tell: %s', (options) =>
    converse(`
      ${FORWARDING}
      caller → [48, 1, ${options}, "com.slow"]
      callee ← [68, 1, $slow, {}]
    `),
  );

  test('TMO-5 T-18 a callee that has not announced call_timeout is not told, whatever it wants', () =>
    converse(
      `
      ${FORWARDING}
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `,
      calleeWith('call_canceling'),
    ));

  test('TMO-5 T-18 SHR-1 among callees of one procedure each decides for itself', () =>
    converse(`
      ann → [64, 1, {"invoke": "roundrobin", "forward_timeout": true}, "com.slow"]
      ann ← [65, 1, $slow]
      bob → [64, 1, {"invoke": "roundrobin"}, "com.slow"]
      bob ← [65, 1, $slow]
      caller → [48, 1, {"timeout": 100}, "com.slow"]
      ann ← [68, 1, $slow, {"timeout": 100}]
      caller → [48, 2, {"timeout": 100}, "com.slow"]
      bob ← [68, 1, $slow, {}]
      clock +100
      caller ← [8, 48, 2, {}, "wamp.error.timeout"]
      bob ← [69, 1, {"mode": "killnowait", ...}]
      ann ← nothing
      caller ← nothing
    `));
});

describe('the clock of the machine', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.each([2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, Number.MAX_SAFE_INTEGER])(
    'TMO-1 a timeout of %i ms is not over at once',
    (timeout) => {
      vi.useFakeTimers();
      const task = vi.fn();
      const dismiss = systemClock.after(timeout, task);
      vi.advanceTimersByTime(60_000);
      expect(task).not.toHaveBeenCalled();
      dismiss();
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('TMO-1 a timeout of a second is over after a second', () => {
    vi.useFakeTimers();
    const task = vi.fn();
    systemClock.after(1000, task);
    vi.advanceTimersByTime(999);
    expect(task).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(task).toHaveBeenCalledTimes(1);
  });
});
