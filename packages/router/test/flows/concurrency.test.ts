/**
 * Conversations about callees that take a bounded number of calls at once, and calls that wait for
 * them: REGISTER option `concurrency` and invocation policy `load`, which are ours and not the
 * specification's (checklist T-39; §2.14, §2.15, §2.16, §2.20 for what they meet).
 */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

/** One callee that takes one call at a time. */
const ONE = `
  callee → [64, 1, {"concurrency": 1}, "com.work"]
  callee ← [65, 1, $work]
`;

/** Two callees that take one call each. */
function two(invoke: string): string {
  return `
    one → [64, 1, {"concurrency": 1, "invoke": "${invoke}"}, "com.work"]
    one ← [65, 1, $work]
    two → [64, 1, {"concurrency": 1, "invoke": "${invoke}"}, "com.work"]
    two ← [65, 1, $work]
  `;
}

/** A callee that cannot be interrupted. */
const DEAF: ConversationOptions = { peers: { callee: { roles: { callee: {} } } } };

describe('one at a time', () => {
  test('the dealer announces concurrency and load under names of its own', () =>
    converse(`
      client → [1, "realm1", {"roles": {"callee": {}}}]
      client ← [2, *, {"roles": {"dealer": {"features": {"x_concurrency": true, "x_invoke_load": true, ...}}, ...}, ...}]
    `));

  test.each(['-1', '1.5', '"1"', 'true', '[]'])('EXT-3 T-5 a concurrency of %s is a violation', (value) =>
    converse(`
      callee → [64, 1, {"concurrency": ${value}}, "com.work"]
      callee ← [3, {...}, "wamp.error.protocol_violation"]
      callee ← closed
    `),
  );

  test.each(['{}', '{"concurrency": 0}', '{"concurrency": null}'])('CALL-4 %s is no bound', (options) =>
    converse(`
      callee → [64, 1, ${options}, "com.work"]
      callee ← [65, 1, $work]
      ${[1, 2, 3, 4, 5]
        .map((n) => `caller → [48, ${n}, {}, "com.work", [${n}]]\n callee ← [68, ${n}, $work, {}, [${n}]]`)
        .join('\n')}
    `),
  );

  test('ORD-3 a busy callee gets no further calls; waiting calls of all callers are served in order', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", ["a"]]
      callee ← [68, 1, $work, {}, ["a"]]
      caller → [48, 2, {}, "com.work", ["b"]]
      other → [48, 1, {}, "com.work", ["c"]]
      caller → [48, 3, {}, "com.work", ["d"], {"k": 1}]
      callee ← nothing
      caller ← nothing
      callee → [70, 1, {}, ["A"]]
      caller ← [50, 1, {}, ["A"]]
      callee ← [68, 2, $work, {}, ["b"]]
      callee ← nothing
      callee → [70, 2, {}, ["B"]]
      caller ← [50, 2, {}, ["B"]]
      callee ← [68, 3, $work, {}, ["c"]]
      callee → [70, 3, {}, ["C"]]
      other ← [50, 1, {}, ["C"]]
      callee ← [68, 4, $work, {}, ["d"], {"k": 1}]
      callee → [70, 4, {}]
      caller ← [50, 3, {}]
      callee ← nothing
      caller → [48, 4, {}, "com.work", ["e"]]
      callee ← [68, 5, $work, {}, ["e"]]
    `));

  test('a concurrency of three is three at a time', () =>
    converse(`
      callee → [64, 1, {"concurrency": 3}, "com.work"]
      callee ← [65, 1, $work]
      ${[1, 2, 3].map((n) => `caller → [48, ${n}, {}, "com.work"]\n callee ← [68, ${n}, $work, {}]`).join('\n')}
      caller → [48, 4, {}, "com.work"]
      caller → [48, 5, {}, "com.work"]
      callee ← nothing
      callee → [70, 2, {}]
      caller ← [50, 2, {}]
      callee ← [68, 4, $work, {}]
      callee ← nothing
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 5, $work, {}]
    `));

  test('each registration counts for itself', () =>
    converse(`
      ${ONE}
      callee → [64, 2, {"concurrency": 1}, "com.play"]
      callee ← [65, 2, $play]
      callee → [64, 3, {}, "com.rest"]
      callee ← [65, 3, $rest]
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      caller → [48, 3, {}, "com.play"]
      callee ← [68, 2, $play, {}]
      caller → [48, 4, {}, "com.rest"]
      callee ← [68, 3, $rest, {}]
      callee → [70, 2, {}]
      caller ← [50, 3, {}]
      callee ← nothing
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 4, $work, {}]
    `));

  test('an error frees the callee as a result does, and a refused progress does not', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {"receive_progress": true}, "com.work", [1]]
      callee ← [68, 1, $work, {"receive_progress": true}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      callee → [70, 1, {"progress": true}, ["half"]]
      caller ← [50, 1, {"progress": true}, ["half"]]
      callee ← nothing
      callee → [8, 68, 1, {}, "com.error.work"]
      caller ← [8, 48, 1, {}, "com.error.work"]
      callee ← [68, 2, $work, {}, [2]]
      callee → [70, 2, {"progress": true}, ["not asked for"]]
      caller → [48, 3, {}, "com.work", [3]]
      callee ← nothing
      caller ← nothing
    `));

  test('PREG-5 pattern registrations know it, too: what waits keeps its own procedure', () =>
    converse(`
      callee → [64, 1, {"concurrency": 1, "match": "prefix"}, "com."]
      callee ← [65, 1, $work]
      caller → [48, 1, {}, "com.a"]
      callee ← [68, 1, $work, {"procedure": "com.a"}]
      caller → [48, 2, {"disclose_me": true}, "com.b"]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 2, $work, {"procedure": "com.b", "caller": $caller, "caller_authid": *, "caller_authrole": *}]
    `));

  test('CALL-4 a callee that calls itself while busy waits for itself, and others go on', () =>
    converse(`
      ${ONE}
      callee → [64, 2, {}, "com.rest"]
      callee ← [65, 2, $rest]
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      callee → [48, 3, {}, "com.work", ["inner"]]
      callee ← nothing
      caller → [48, 2, {}, "com.rest"]
      callee ← [68, 2, $rest, {}]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 3, $work, {}, ["inner"]]
      callee → [70, 3, {}]
      callee ← [50, 3, {}]
    `));

  test('T-17 SHR-1 a callee of a shared registration has a concurrency of its own', () =>
    converse(`
      one → [64, 1, {"concurrency": 1, "invoke": "roundrobin"}, "com.work"]
      one ← [65, 1, $work]
      two → [64, 1, {"concurrency": 2, "invoke": "roundrobin"}, "com.work"]
      two ← [65, 1, $work]
      caller → [48, 1, {}, "com.work"]
      one ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      two ← [68, 1, $work, {}]
      caller → [48, 3, {}, "com.work"]
      two ← [68, 2, $work, {}]
      caller → [48, 4, {}, "com.work"]
      one ← nothing
      two ← nothing
      two → [70, 1, {}]
      caller ← [50, 2, {}]
      two ← [68, 3, $work, {}]
    `));
});

describe('the queue', () => {
  const numbers = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, n) => first + n);

  test('a thousand calls wait; the next one fails because no callee is available', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      ${numbers(2, 1001)
        .map((n) => `caller → [48, ${n}, {}, "com.work", [${n}]]`)
        .join('\n')}
      caller ← nothing
      caller → [48, 1002, {}, "com.work"]
      caller ← [8, 48, 1002, {}, "wamp.error.no_available_callee", *]
      other → [48, 1, {}, "com.work"]
      other ← [8, 48, 1, {}, "wamp.error.no_available_callee", *]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 2, $work, {}, [2]]
      other → [48, 2, {}, "com.work", ["fits again"]]
      other ← nothing
      other → [48, 3, {}, "com.work"]
      other ← [8, 48, 3, {}, "wamp.error.no_available_callee", *]
      caller → [49, 500, {}]
      caller ← [8, 48, 500, {}, "wamp.error.canceled"]
      other → [48, 4, {}, "com.work", ["fits again"]]
      other ← nothing
      ${numbers(2, 20)
        .map(
          (n) => `
            callee → [70, ${n}, {}]
            caller ← [50, ${n}, {}]
            callee ← [68, ${n + 1}, $work, {}, [${n + 1}]]`,
        )
        .join('\n')}
    `));

  test('CALL-3 LEAVE-2 when the last callee unregisters, what waits is canceled, what it has goes on', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      other → [48, 1, {}, "com.work"]
      callee → [66, 2, $work]
      callee ← [67, 2]
      caller ← [8, 48, 2, {}, "wamp.error.canceled"]
      other ← [8, 48, 1, {}, "wamp.error.canceled"]
      caller ← nothing
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {}, ["done"]]
      callee ← nothing
    `));

  test('LEAVE-2 when the last callee leaves, what waits is canceled with what it had', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      other → [48, 1, {}, "com.work"]
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      other ← [8, 48, 1, {}, "wamp.error.canceled"]
      other → [48, 2, {}, "com.work"]
      other ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
    `));

  test('RREV-1 when the last callee is removed, what waits is canceled', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      admin → [48, 1, {}, "wamp.registration.remove_callee", [$work, $callee]]
      callee ← [67, 0, {"registration": $work}]
      admin ← [50, 1, {}]
      caller ← [8, 48, 2, {}, "wamp.error.canceled"]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
    `));

  test('LEAVE-2 so it is when the last callee was busy with nothing but a call that was skipped', () =>
    converse(
      `
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee → closed
      caller ← [8, 48, 2, {}, "wamp.error.canceled"]
    `,
      DEAF,
    ));

  test('LEAVE-2 all thousand of them are canceled', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      ${numbers(2, 1001)
        .map((n) => `caller → [48, ${n}, {}, "com.work"]`)
        .join('\n')}
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      ${numbers(2, 1001)
        .map((n) => `caller ← [8, 48, ${n}, {}, "wamp.error.canceled"]`)
        .join('\n')}
    `));

  test.each([
    ['leaves', 'one → closed\n caller ← [8, 48, 1, {}, "wamp.error.canceled", *]'],
    ['unregisters', 'one → [66, 2, $work]\n one ← [67, 2]'],
  ])('when one of two callees %s, what waits keeps waiting for the other', (_how, goes) =>
    converse(`
      ${two('first')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      caller → [48, 3, {}, "com.work", [3]]
      ${goes}
      caller ← nothing
      two ← nothing
      two → [70, 1, {}, ["two"]]
      caller ← [50, 2, {}, ["two"]]
      two ← [68, 2, $work, {}, [3]]
    `),
  );

  test('a callee that comes is given what waits, as far as it has room', () =>
    converse(`
      one → [64, 1, {"concurrency": 1, "invoke": "roundrobin"}, "com.work"]
      one ← [65, 1, $work]
      ${[1, 2, 3, 4].map((n) => `caller → [48, ${n}, {}, "com.work", [${n}]]`).join('\n')}
      one ← [68, 1, $work, {}, [1]]
      two → [64, 1, {"concurrency": 2, "invoke": "roundrobin"}, "com.work"]
      two ← [65, 1, $work]
      two ← [68, 1, $work, {}, [2]]
      two ← [68, 2, $work, {}, [3]]
      two ← nothing
      one ← nothing
    `));

  test('PCI-6 a progressive invocation does not wait: it would be input without a taker', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      caller → [48, 2, {"progress": true}, "com.work", [1]]
      caller ← [8, 48, 2, {}, "wamp.error.no_available_callee", *]
      caller → [48, 2, {}, "com.work", [2]]
      caller ← nothing
      callee ← nothing
    `));

  test('PPT-3 a call that waited is refused when the callee lacks what it needs, and the next one is served', () =>
    converse(
      `
      ${ONE}
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      caller → [48, 2, {"ppt_scheme": "x_own"}, "com.work", ["sealed"]]
      caller → [48, 3, {}, "com.work", [3]]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      caller ← [8, 48, 2, {}, "wamp.error.feature_not_supported", *]
      callee ← [68, 2, $work, {}, [3]]
    `,
      DEAF,
    ));
});

describe('canceling', () => {
  test.each(['{}', '{"mode": "skip"}', '{"mode": "kill"}', '{"mode": "killnowait"}'])(
    'CAN-5 a call that waits is canceled at once, whatever the mode: %s',
    (options) =>
      converse(`
        ${ONE}
        caller → [48, 1, {}, "com.work", [1]]
        callee ← [68, 1, $work, {}, [1]]
        caller → [48, 2, {}, "com.work", [2]]
        caller → [48, 3, {}, "com.work", [3]]
        caller → [49, 2, ${options}]
        caller ← [8, 48, 2, {}, "wamp.error.canceled"]
        caller → [49, 2, ${options}]
        caller ← nothing
        callee ← nothing
        callee → [70, 1, {}]
        caller ← [50, 1, {}]
        callee ← [68, 2, $work, {}, [3]]
      `),
  );

  test('CAN-2 skip keeps the callee busy until its late answer, which is discarded', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← nothing
      callee → [70, 1, {"progress": true}, ["not yet"]]
      callee ← nothing
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
      callee ← [68, 2, $work, {}, [2]]
      callee → [70, 1, {}, ["later still"]]
      callee ← nothing
      caller → [48, 3, {}, "com.work", [3]]
      callee ← nothing
    `));

  test('CAN-2 a late error frees it as well', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee → [8, 68, 1, {}, "com.error.late"]
      caller ← nothing
      callee ← [68, 2, $work, {}, [2]]
    `));

  test.each(['kill', 'killnowait', 'skip'])(
    'CAN-5 a callee that cannot be interrupted stays busy after %s, too',
    (mode) =>
      converse(
        `
        ${ONE}
        caller → [48, 1, {}, "com.work", [1]]
        callee ← [68, 1, $work, {}, [1]]
        caller → [48, 2, {}, "com.work", [2]]
        caller → [49, 1, {"mode": "${mode}"}]
        caller ← [8, 48, 1, {}, "wamp.error.canceled"]
        callee ← nothing
        callee → [70, 1, {}, ["late"]]
        callee ← [68, 2, $work, {}, [2]]
        caller ← nothing
      `,
        DEAF,
      ),
  );

  test('CAN-4 killnowait frees the callee: it hears INTERRUPT, then the next call', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      caller → [49, 1, {"mode": "killnowait"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee ← [68, 2, $work, {}, [2]]
      callee → [70, 1, {}, ["late"]]
      callee ← nothing
      caller → [48, 3, {}, "com.work", [3]]
      callee ← nothing
      callee → [70, 2, {}]
      caller ← [50, 2, {}]
      callee ← [68, 3, $work, {}, [3]]
    `));

  test('CAN-3 kill keeps it busy until it answers', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", ...}]
      caller ← nothing
      callee ← nothing
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← [68, 2, $work, {}, [2]]
    `));

  test('CAN-6 T-10 a kill that killnowait overtakes frees it', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", ...}]
      caller → [49, 1, {"mode": "killnowait"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← [68, 2, $work, {}, [2]]
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      callee ← nothing
      caller ← nothing
    `));

  test('CAN-2 a lingering callee that leaves or unregisters takes nothing along', () =>
    converse(
      `
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [49, 1, {"mode": "skip"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee → [66, 2, $work]
      callee ← [67, 2]
      callee → [64, 3, {"concurrency": 1}, "com.work"]
      callee ← [65, 3, $again]
      caller → [48, 2, {}, "com.work", [2]]
      callee ← [68, 2, $again, {}, [2]]
      callee → [70, 1, {}, ["late"]]
      caller → [48, 3, {}, "com.work", [3]]
      callee ← nothing
      callee → closed
      caller ← [8, 48, 2, {}, "wamp.error.canceled", *]
      caller ← [8, 48, 3, {}, "wamp.error.canceled"]
    `,
      DEAF,
    ));
});

describe('timeouts', () => {
  test('TMO-2 TMO-3 the time runs while a call waits', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {"timeout": 1000}, "com.work", [2]]
      caller → [48, 3, {}, "com.work", [3]]
      clock +999
      caller ← nothing
      clock +1
      caller ← [8, 48, 2, {}, "wamp.error.timeout"]
      callee ← nothing
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 2, $work, {}, [3]]
    `));

  test('TMO-2 and does not start anew when it is served', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {"timeout": 1000}, "com.work", [2]]
      clock +600
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 2, $work, {}, [2]]
      clock +399
      caller ← nothing
      clock +1
      caller ← [8, 48, 2, {}, "wamp.error.timeout"]
      callee ← [69, 2, {"mode": "killnowait", ...}]
    `));

  test('TMO-2 a timeout frees a callee that was interrupted: INTERRUPT, then the next call', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {"timeout": 1000}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      clock +1000
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee ← [68, 2, $work, {}, [2]]
      callee → [70, 1, {}, ["late"]]
      callee ← nothing
      caller → [48, 3, {}, "com.work", [3]]
      callee ← nothing
    `));

  test('TMO-2 and one that cannot be is busy until its late answer', () =>
    converse(
      `
      ${ONE}
      caller → [48, 1, {"timeout": 1000}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      clock +1000
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← nothing
      callee → [70, 1, {}, ["late"]]
      callee ← [68, 2, $work, {}, [2]]
      caller ← nothing
    `,
      DEAF,
    ));
});

describe('leaving', () => {
  test('LEAVE-1 the calls of a caller that leaves wait no more', () =>
    converse(`
      ${ONE}
      other → [48, 1, {}, "com.work", ["other 1"]]
      callee ← [68, 1, $work, {}, ["other 1"]]
      caller → [48, 1, {}, "com.work", ["caller 1"]]
      other → [48, 2, {}, "com.work", ["other 2"]]
      caller → [48, 2, {}, "com.work", ["caller 2"]]
      caller → closed
      callee ← nothing
      callee → [70, 1, {}]
      other ← [50, 1, {}]
      callee ← [68, 2, $work, {}, ["other 2"]]
      callee → [70, 2, {}]
      other ← [50, 2, {}]
      callee ← nothing
    `));

  test('LEAVE-1 a caller that leaves with one call served and more waiting: INTERRUPT, and nothing else of it', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", ["caller 1"]]
      callee ← [68, 1, $work, {}, ["caller 1"]]
      caller → [48, 2, {}, "com.work", ["caller 2"]]
      other → [48, 1, {}, "com.work", ["other 1"]]
      caller → [48, 3, {}, "com.work", ["caller 3"]]
      caller → closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee ← [68, 2, $work, {}, ["other 1"]]
      callee ← nothing
      callee → [70, 2, {}]
      other ← [50, 1, {}]
      callee ← nothing
    `));

  test('LEAVE-1 a callee that cannot be interrupted is busy until it answers the caller that has left', () =>
    converse(
      `
      ${ONE}
      caller → [48, 1, {}, "com.work", ["caller 1"]]
      callee ← [68, 1, $work, {}, ["caller 1"]]
      other → [48, 1, {}, "com.work", ["other 1"]]
      caller → closed
      callee ← nothing
      callee → [70, 1, {}, ["late"]]
      callee ← [68, 2, $work, {}, ["other 1"]]
      callee → [70, 2, {}, ["in time"]]
      other ← [50, 1, {}, ["in time"]]
    `,
      DEAF,
    ));

  test('LEAVE-1 T-19 a session that leaves while its call to itself waits gets no answer', () =>
    converse(`
      ${ONE}
      callee → [48, 2, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      callee → [48, 3, {}, "com.work"]
      callee → [6, {}, "wamp.close.close_realm"]
      callee ← [6, {}, "wamp.close.goodbye_and_out"]
      callee ← closed
    `));

  test('LEAVE-2 a callee that leaves gives others what waits, not what it had', () =>
    converse(`
      ${two('roundrobin')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      one → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      two ← nothing
    `));
});

describe('policies', () => {
  test.each([
    ['first', ['one', 'two']],
    ['last', ['two', 'one']],
    ['roundrobin', ['one', 'two']],
    ['load', ['one', 'two']],
  ])('SHR-3 %s passes over who is busy', (invoke, [preferred = '', other = '']) =>
    converse(`
      ${two(invoke)}
      caller → [48, 1, {}, "com.work", [1]]
      ${preferred} ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      ${other} ← [68, 1, $work, {}, [2]]
      caller → [48, 3, {}, "com.work", [3]]
      one ← nothing
      two ← nothing
      ${other} → [70, 1, {}]
      caller ← [50, 2, {}]
      ${other} ← [68, 2, $work, {}, [3]]
      ${preferred} → [70, 1, {}]
      caller ← [50, 1, {}]
      caller → [48, 4, {}, "com.work", [4]]
      ${preferred} ← [68, 2, $work, {}, [4]]
    `),
  );

  test.each([0, 0.49, 0.5, 0.999])('SHR-3 random (%d) passes over who is busy', (drawn) =>
    converse(
      `
      one → [64, 1, {"concurrency": 1, "invoke": "random"}, "com.work"]
      one ← [65, 1, $work]
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      two → [64, 1, {"concurrency": 1, "invoke": "random"}, "com.work"]
      two ← [65, 1, $work]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      caller → [48, 3, {}, "com.work", [3]]
      one ← nothing
      two ← nothing
      one → [70, 1, {}]
      caller ← [50, 1, {}]
      one ← [68, 2, $work, {}, [3]]
    `,
      { router: { random: () => drawn } },
    ),
  );

  test('SHR-3 roundrobin goes on where it was, and does not punish who was busy', () =>
    converse(`
      ${['one', 'two', 'three']
        .map(
          (name) => `
            ${name} → [64, 1, {"concurrency": 1, "invoke": "roundrobin"}, "com.work"]
            ${name} ← [65, 1, $work]`,
        )
        .join('\n')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      caller → [48, 3, {}, "com.work", [3]]
      three ← [68, 1, $work, {}, [3]]
      two → [70, 1, {}]
      caller ← [50, 2, {}]
      three → [70, 1, {}]
      caller ← [50, 3, {}]
      caller → [48, 4, {}, "com.work", [4]]
      two ← [68, 2, $work, {}, [4]]
      one → [70, 1, {}]
      caller ← [50, 1, {}]
      caller → [48, 5, {}, "com.work", [5]]
      three ← [68, 2, $work, {}, [5]]
      caller → [48, 6, {}, "com.work", [6]]
      one ← [68, 2, $work, {}, [6]]
    `));

  /** Three callees without bounds. */
  const LOAD = ['one', 'two', 'three']
    .map(
      (name) => `
        ${name} → [64, 1, {"invoke": "load"}, "com.work"]
        ${name} ← [65, 1, $work]`,
    )
    .join('\n');

  test('load: who has the fewest calls gets the next one, the first of them on ties', () =>
    converse(`
      ${LOAD}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      caller → [48, 3, {}, "com.work", [3]]
      three ← [68, 1, $work, {}, [3]]
      caller → [48, 4, {}, "com.work", [4]]
      one ← [68, 2, $work, {}, [4]]
      three → [70, 1, {}]
      caller ← [50, 3, {}]
      caller → [48, 5, {}, "com.work", [5]]
      three ← [68, 2, $work, {}, [5]]
      two → [8, 68, 1, {}, "com.error"]
      caller ← [8, 48, 2, {}, "com.error"]
      three → [70, 2, {}]
      caller ← [50, 5, {}]
      caller → [48, 6, {}, "com.work", [6]]
      two ← [68, 2, $work, {}, [6]]
      caller → [48, 7, {}, "com.work", [7]]
      three ← [68, 3, $work, {}, [7]]
    `));

  test('load: idle callees are not taken in turn, the first gets all', () =>
    converse(`
      ${LOAD}
      ${[1, 2, 3]
        .map(
          (n) => `
            caller → [48, ${n}, {}, "com.work"]
            one ← [68, ${n}, $work, {}]
            one → [70, ${n}, {}]
            caller ← [50, ${n}, {}]`,
        )
        .join('\n')}
    `));

  test('load: calls that ended by cancel, timeout or a leaving caller do not count', () =>
    converse(`
      ${LOAD}
      caller → [48, 1, {}, "com.work"]
      one ← [68, 1, $work, {}]
      caller → [49, 1, {"mode": "killnowait"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      one ← [69, 1, {...}]
      caller → [48, 2, {"timeout": 10}, "com.work"]
      one ← [68, 2, $work, {}]
      clock +10
      caller ← [8, 48, 2, {}, "wamp.error.timeout"]
      one ← [69, 2, {...}]
      other → [48, 1, {}, "com.work"]
      one ← [68, 3, $work, {}]
      other → closed
      one ← [69, 3, {...}]
      caller → [48, 3, {}, "com.work"]
      one ← [68, 4, $work, {}]
      caller → [48, 4, {}, "com.work"]
      two ← [68, 1, $work, {}]
    `));

  test('load: with bounds, it is still the fewest calls that count', () =>
    converse(`
      one → [64, 1, {"invoke": "load", "concurrency": 5}, "com.work"]
      one ← [65, 1, $work]
      two → [64, 1, {"invoke": "load", "concurrency": 1}, "com.work"]
      two ← [65, 1, $work]
      caller → [48, 1, {}, "com.work"]
      one ← [68, 1, $work, {}]
      caller → [48, 2, {}, "com.work"]
      two ← [68, 1, $work, {}]
      caller → [48, 3, {}, "com.work"]
      one ← [68, 2, $work, {}]
      caller → [48, 4, {}, "com.work"]
      one ← [68, 3, $work, {}]
    `));
});

describe('rerouting', () => {
  test('RRT-2 RRT-3 who declines is passed over; the call waits for the others if they are busy', () =>
    converse(`
      ${two('first')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      caller ← nothing
      one ← nothing
      two → [70, 1, {}, ["two"]]
      caller ← [50, 2, {}, ["two"]]
      two ← [68, 2, $work, {}, [1]]
      two → [70, 2, {}, ["one"]]
      caller ← [50, 1, {}, ["one"]]
    `));

  test('RRT-4 when the others decline it as well, no callee is available', () =>
    converse(`
      ${two('first')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      two → [70, 1, {}]
      caller ← [50, 2, {}]
      two ← [68, 2, $work, {}, [1]]
      two → [8, 68, 2, {}, "wamp.error.unavailable"]
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
    `));

  test('RRT-4 nor when the only other one leaves while the call waits for it', () =>
    converse(`
      ${two('first')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      other → [48, 1, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      two → closed
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
      other ← [8, 48, 1, {}, "wamp.error.canceled", *]
    `));

  test('RRT-2 who declines one call has room for those that wait', () =>
    converse(`
      ${two('first')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      caller → [48, 3, {}, "com.work", [3]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      one ← [68, 2, $work, {}, [3]]
      two → [70, 1, {}]
      caller ← [50, 2, {}]
      two ← [68, 2, $work, {}, [1]]
    `));

  test('RRT-3 single: the only callee declines, and what waits is offered to it next', () =>
    converse(`
      ${ONE}
      caller → [48, 1, {}, "com.work", [1]]
      callee ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      callee → [8, 68, 1, {}, "wamp.error.unavailable"]
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
      callee ← [68, 2, $work, {}, [2]]
    `));

  test('RRT-2 a callee that joins gets the call that all others have declined to serve at once', () =>
    converse(`
      ${two('roundrobin')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      three → [64, 1, {"concurrency": 1, "invoke": "roundrobin"}, "com.work"]
      three ← [65, 1, $work]
      three ← [68, 1, $work, {}, [1]]
      one ← nothing
    `));

  test('RRT-2 CAN-2 a call that waits to be rerouted can be canceled', () =>
    converse(`
      ${two('first')}
      caller → [48, 1, {}, "com.work", [1]]
      one ← [68, 1, $work, {}, [1]]
      caller → [48, 2, {}, "com.work", [2]]
      two ← [68, 1, $work, {}, [2]]
      one → [8, 68, 1, {}, "wamp.error.unavailable"]
      caller → [49, 1, {"mode": "kill"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      one ← nothing
      two → [70, 1, {}]
      caller ← [50, 2, {}]
      two ← nothing
    `));
});
