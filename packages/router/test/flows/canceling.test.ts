/** Conversations about calls that their callers do not want any more (checklist §2.15). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

const CALLED = `
  callee → [64, 1, {}, "com.slow"]
  callee ← [65, 1, $slow]
  caller → [48, 1, {"receive_progress": true}, "com.slow"]
  callee ← [68, 1, $slow, {"receive_progress": true}]
`;
const CANCELED = 'caller ← [8, 48, 1, {}, "wamp.error.canceled"]';
const INTERRUPTED = 'callee ← [69, 1, {"mode": "killnowait", ...}]';
const KILLED = 'callee ← [69, 1, {"mode": "kill", ...}]';

describe('modes', () => {
  test('CAN-1 CAN-2 CAN-7 skip: the caller has its ERROR, the callee notices nothing', () =>
    converse(`
      ${CALLED}
      caller → [49, 1, {"mode": "skip"}]
      ${CANCELED}
      callee ← nothing
      callee → [70, 1, {}, ["too late"]]
      caller ← nothing
    `));

  test('CAN-3 kill: the callee is interrupted, and the caller waits for what it says', () =>
    converse(`
      ${CALLED}
      caller → [49, 1, {"mode": "kill"}]
      ${KILLED}
      caller ← nothing
      callee → [8, 68, 1, {}, "wamp.error.canceled", ["tidied up"], {"after": 3}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled", ["tidied up"], {"after": 3}]
    `));

  test('CAN-4 CAN-7 killnowait: the caller has its ERROR, and the callee is interrupted', () =>
    converse(`
      ${CALLED}
      caller → [49, 1, {"mode": "killnowait"}]
      ${CANCELED}
      ${INTERRUPTED}
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      caller ← nothing
    `));

  test('CAN-4 T-9 killnowait is what no mode means', () =>
    converse(`
      ${CALLED}
      caller → [49, 1, {}]
      ${CANCELED}
      ${INTERRUPTED}
    `));

  test('T-10 INTERRUPT tells the mode and why', () =>
    converse(`
      ${CALLED}
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", "reason": "wamp.error.canceled"}]
      caller → [48, 2, {}, "com.slow"]
      callee ← [68, 2, $slow, {}]
      caller → [49, 2, {"mode": "killnowait"}]
      callee ← [69, 2, {"mode": "killnowait", "reason": "wamp.error.canceled"}]
      caller ← [8, 48, 2, {}, "wamp.error.canceled"]
    `));

  const plain: ConversationOptions = {
    peers: { callee: { roles: { callee: { features: { progressive_call_results: true } } } } },
  };
  test.each(['{"mode": "skip"}', '{"mode": "kill"}', '{"mode": "killnowait"}', '{}'])(
    'CAN-5 a callee without call_canceling is skipped: %s',
    (options) =>
      converse(
        `
        callee → [64, 1, {}, "com.slow"]
        callee ← [65, 1, $slow]
        caller → [48, 1, {}, "com.slow"]
        callee ← [68, 1, $slow, {}]
        caller → [49, 1, ${options}]
        ${CANCELED}
        callee ← nothing
        callee → [70, 1, {}]
        caller ← nothing
      `,
        plain,
      ),
  );

  test('CAN-1 T-2 call_cancelling means the same', () =>
    converse(
      `
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "kill"}]
      ${KILLED}
    `,
      { peers: { callee: { roles: { callee: { features: { call_cancelling: true } } } } } },
    ));

  test('T-44 CAN-1 a caller may cancel though it has not announced that it would', () =>
    converse(
      `
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "skip"}]
      ${CANCELED}
    `,
      { peers: { caller: { roles: { caller: {} } } } },
    ));

  test('CAN-2 CAN-4 only the call that is named is canceled', () =>
    converse(`
      ${CALLED}
      caller → [48, 2, {}, "com.slow"]
      callee ← [68, 2, $slow, {}]
      other → [48, 1, {}, "com.slow"]
      callee ← [68, 3, $slow, {}]
      other → [48, 2, {}, "com.slow"]
      callee ← [68, 4, $slow, {}]
      caller → [49, 1, {}]
      ${CANCELED}
      ${INTERRUPTED}
      callee → [70, 4, {}, [4]]
      callee → [70, 3, {}, [3]]
      callee → [70, 2, {}, [2]]
      other ← [50, 2, {}, [4]]
      other ← [50, 1, {}, [3]]
      caller ← [50, 2, {}, [2]]
    `));

  test('T-6 no session can cancel the call of another', () =>
    converse(`
      ${CALLED}
      other → [48, 1, {}, "com.nothing"]
      other ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      other → [49, 1, {}]
      other ← nothing
      callee ← nothing
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {}, ["done"]]
    `));
});

/** The states of the race table: how a call comes there. */
const STATES = {
  pending: CALLED,
  'after skip': `
    ${CALLED}
    caller → [49, 1, {"mode": "skip"}]
    ${CANCELED}`,
  'after killnowait': `
    ${CALLED}
    caller → [49, 1, {"mode": "killnowait"}]
    ${CANCELED}
    ${INTERRUPTED}`,
  'after kill': `
    ${CALLED}
    caller → [49, 1, {"mode": "kill"}]
    ${KILLED}`,
  'finished with RESULT': `
    ${CALLED}
    callee → [70, 1, {}, ["done"]]
    caller ← [50, 1, {}, ["done"]]`,
  'finished with ERROR': `
    ${CALLED}
    callee → [8, 68, 1, {}, "com.error"]
    caller ← [8, 48, 1, {}, "com.error"]`,
  'finished by kill': `
    ${CALLED}
    caller → [49, 1, {"mode": "kill"}]
    ${KILLED}
    callee → [8, 68, 1, {}, "wamp.error.canceled"]
    ${CANCELED}`,
} as const;

const SILENCE = `
  caller ← nothing
  callee ← nothing`;

/** The events of the race table, and what they cause in the three states that are over. */
const LATE_EVENTS = {
  'CANCEL skip': 'caller → [49, 1, {"mode": "skip"}]',
  'CANCEL kill': 'caller → [49, 1, {"mode": "kill"}]',
  'CANCEL killnowait': 'caller → [49, 1, {"mode": "killnowait"}]',
  'final YIELD': 'callee → [70, 1, {}, ["late"]]',
  'progressive YIELD': 'callee → [70, 1, {"progress": true}, ["late"]]',
  ERROR: 'callee → [8, 68, 1, {}, "com.error.late"]',
  'caller leaves': 'caller → closed',
  'callee leaves': 'callee → closed',
} as const;

/** After all that, the two can still talk. */
const STILL_WELL = `
  caller → [48, 2, {}, "com.slow"]
  callee ← [68, 2, $slow, {}]
  callee → [70, 2, {}, ["well"]]
  caller ← [50, 2, {}, ["well"]]`;

describe('the race table: calls that are over', () => {
  const over = Object.entries(STATES).filter(([name]) => name !== 'pending' && name !== 'after kill');
  const cases = over.flatMap(([state, lines]) =>
    Object.entries(LATE_EVENTS).map(([event, line]) => [event, state, lines, line] as const),
  );

  test.each(cases)('CAN-6 T-6 %s %s: nothing happens', (event, _state, lines, line) =>
    converse(`
      ${lines}
      ${line}
      ${SILENCE}
      ${event.includes('leaves') ? '' : STILL_WELL}
    `),
  );
});

describe('the race table: a pending call', () => {
  test.each([
    ['final YIELD', 'callee → [70, 1, {}, [1]]\n caller ← [50, 1, {}, [1]]'],
    ['ERROR', 'callee → [8, 68, 1, {}, "com.error", [1]]\n caller ← [8, 48, 1, {}, "com.error", [1]]'],
    ['CANCEL skip', `caller → [49, 1, {"mode": "skip"}]\n ${CANCELED}`],
    ['CANCEL killnowait', `caller → [49, 1, {"mode": "killnowait"}]\n ${CANCELED}\n ${INTERRUPTED}`],
  ])('CAN-6 %s ends it', (_event, lines) =>
    converse(`
      ${CALLED}
      ${lines}
      ${SILENCE}
      ${STILL_WELL}
    `),
  );

  test('CAN-6 PCR-3 progressive YIELD goes on, and does not end it', () =>
    converse(`
      ${CALLED}
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      callee → [70, 1, {"progress": true}, [2]]
      caller ← [50, 1, {"progress": true}, [2]]
      caller → [49, 1, {"mode": "killnowait"}]
      ${CANCELED}
      ${INTERRUPTED}
      callee → [70, 1, {"progress": true}, [3]]
      callee → [70, 1, {}, [4]]
      ${SILENCE}
    `));

  test('CAN-6 LEAVE-1 the caller leaves: INTERRUPT', () =>
    converse(`
      ${CALLED}
      caller → closed
      ${INTERRUPTED}
      callee → [70, 1, {}]
      callee ← nothing
    `));

  test('CAN-6 LEAVE-2 the callee leaves: ERROR canceled', () =>
    converse(`
      ${CALLED}
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      caller → [49, 1, {}]
      caller ← nothing
    `));
});

describe('the race table: a call that was killed', () => {
  test.each([
    ['final YIELD', 'callee → [70, 1, {}, ["done"]]\n caller ← [50, 1, {}, ["done"]]'],
    ['ERROR', 'callee → [8, 68, 1, {}, "com.error", ["no"]]\n caller ← [8, 48, 1, {}, "com.error", ["no"]]'],
    [
      'wamp.error.unavailable',
      'callee → [8, 68, 1, {}, "wamp.error.unavailable"]\n caller ← [8, 48, 1, {}, "wamp.error.unavailable"]',
    ],
  ])('CAN-6 T-10 %s: the caller gets what the callee produced', (_event, lines) =>
    converse(`
      ${STATES['after kill']}
      ${lines}
      ${SILENCE}
      ${STILL_WELL}
    `),
  );

  test('CAN-6 T-10 progressive results keep flowing', () =>
    converse(`
      ${STATES['after kill']}
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      callee → [70, 1, {"progress": true}, [2]]
      caller ← [50, 1, {"progress": true}, [2]]
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      ${CANCELED}
    `));

  test.each(['kill', 'skip'])('CAN-6 T-10 another CANCEL, mode %s, is ignored', (mode) =>
    converse(`
      ${STATES['after kill']}
      caller → [49, 1, {"mode": "${mode}"}]
      ${SILENCE}
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {}, ["done"]]
    `),
  );

  test.each(['{"mode": "killnowait"}', '{}'])('CAN-6 T-10 CANCEL %s ends the waiting', (options) =>
    converse(`
      ${STATES['after kill']}
      caller → [49, 1, ${options}]
      ${CANCELED}
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
    `),
  );

  test('CAN-6 LEAVE-1 the caller leaves: the callee was already interrupted', () =>
    converse(`
      ${STATES['after kill']}
      caller → closed
      callee ← nothing
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      callee ← nothing
    `));

  test('CAN-6 LEAVE-2 the callee leaves: ERROR canceled', () =>
    converse(`
      ${STATES['after kill']}
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
    `));

  test('CAN-6 T-10 the time is up: ERROR timeout, and not another word to the callee', () =>
    converse(`
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      caller → [48, 1, {"timeout": 1000}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      caller → [49, 1, {"mode": "kill"}]
      ${KILLED}
      clock +999
      caller ← nothing
      clock +1
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← nothing
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      caller ← nothing
    `));
});

describe('stray CANCELs', () => {
  test('T-6 of a call that was refused: ignored', () =>
    converse(`
      caller → [48, 1, {}, "com.nothing"]
      caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      caller → [48, 2, {}, "com..bad"]
      caller ← [8, 48, 2, {}, "wamp.error.invalid_uri", *]
      caller → [49, 2, {}]
      caller → [49, 1, {"mode": "kill"}]
      caller ← nothing
    `));

  test('T-6 T-9 of a call that never was: a violation, and no ERROR of type 49', () =>
    converse(`
      caller → [48, 1, {}, "com.nothing"]
      caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      caller → [49, 2, {}]
      caller ← [3, {...}, "wamp.error.protocol_violation"]
      caller ← closed
    `));

  test('T-9 of an unknown mode: a violation', () =>
    converse(`
      ${CALLED}
      caller → [49, 1, {"mode": "gently"}]
      caller ← [3, {...}, "wamp.error.protocol_violation"]
      caller ← closed
      ${INTERRUPTED}
    `));

  test('CAN-4 T-19 a session can cancel a call to itself', () =>
    converse(`
      client → [64, 1, {}, "com.self"]
      client ← [65, 1, $self]
      client → [48, 2, {}, "com.self"]
      client ← [68, 1, $self, {}]
      client → [49, 2, {"mode": "kill"}]
      client ← [69, 1, {"mode": "kill", ...}]
      client → [8, 68, 1, {}, "wamp.error.canceled"]
      client ← [8, 48, 2, {}, "wamp.error.canceled"]
    `));
});
