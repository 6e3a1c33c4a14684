/** Conversations about results and calls that come in parts (checklist §2.12, §2.13). */
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

const REGISTERED = `
  callee → [64, 1, {}, "com.stream"]
  callee ← [65, 1, $stream]
`;

function calleeWith(...features: readonly string[]): ConversationOptions {
  const announced = Object.fromEntries(features.map((feature) => [feature, true]));
  return { peers: { callee: { roles: { callee: { features: announced } } } } };
}

describe('progressive results', () => {
  test('PCR-2 PCR-3 PCR-4 the caller asks, the callee yields part by part, and once for all', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream", [3]]
      callee ← [68, 1, $stream, {"receive_progress": true}, [3]]
      callee → [70, 1, {"progress": true}, [1], {"part": 1}]
      caller ← [50, 1, {"progress": true}, [1], {"part": 1}]
      callee → [70, 1, {"progress": true}, [2]]
      caller ← [50, 1, {"progress": true}, [2]]
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {}, ["done"]]
      callee → [70, 1, {"progress": true}, [4]]
      caller ← nothing
    `));

  test('PCR-4 an error may end it as well', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      callee → [8, 68, 1, {}, "com.error", [2]]
      caller ← [8, 48, 1, {}, "com.error", [2]]
    `));

  test('PCR-5 parts may be empty, and the last one, too; progress: false is final', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}]
      caller ← [50, 1, {"progress": true}]
      callee → [70, 1, {"progress": true}, [], {"a": 1}]
      caller ← [50, 1, {"progress": true}, [], {"a": 1}]
      callee → [70, 1, {"progress": false}]
      caller ← [50, 1, {}]
    `));

  test('PCR-6 a callee may answer at once all the same', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {}, [1]]
      caller ← [50, 1, {}, [1]]
    `));

  test.each(['{}', '{"receive_progress": false}'])(
    'T-11 progress that nobody asked for is dropped: %s',
    (options) =>
      converse(`
      ${REGISTERED}
      caller → [48, 1, ${options}, "com.stream"]
      callee ← [68, 1, $stream, {}]
      callee → [70, 1, {"progress": true}, [1]]
      caller ← nothing
      callee ← nothing
      callee → [70, 1, {}, [2]]
      caller ← [50, 1, {}, [2]]
    `),
  );

  test.each([
    ['nothing', []],
    ['call_canceling only', ['call_canceling']],
  ])('PCR-1 PCR-2 a callee that announces %s is not asked for progress', (_what, features) =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {}]
      callee → [70, 1, {"progress": true}, [1]]
      caller ← nothing
      callee → [70, 1, {}, [2]]
      caller ← [50, 1, {}, [2]]
    `,
      calleeWith(...features),
    ),
  );

  test('B5 PCR-1 one that announces progress without canceling is, and is not interrupted', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      caller → [49, 1, {"mode": "kill"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← nothing
      callee → [70, 1, {"progress": true}, [2]]
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
      caller → [48, 2, {}, "com.stream"]
      callee ← [68, 2, $stream, {}]
    `,
      calleeWith('progressive_call_results'),
    ));

  test('PCR-1 PCR-2 one that announces both is', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
    `,
      calleeWith('progressive_call_results', 'call_canceling'),
    ));

  test('PCR-1 T-44 a caller that has not announced progress is served without', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {}]
      callee → [70, 1, {}, [1]]
      caller ← [50, 1, {}, [1]]
    `,
      { peers: { caller: { roles: { caller: { features: { call_canceling: true } } } } } },
    ));

  test('PCR-7 LEAVE-1 the caller leaves in the middle', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      caller → closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
      callee → [70, 1, {"progress": true}, [2]]
      callee → [70, 1, {}, [3]]
      callee ← nothing
    `));

  test('PCR-7 LEAVE-2 the callee leaves in the middle', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
    `));
});

describe('progressive calls', () => {
  test('PCI-4 PCI-5 a call in parts is one invocation in parts', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1], {"a": 1}]
      callee ← [68, 1, $stream, {"progress": true}, [1], {"a": 1}]
      caller → [48, 1, {"progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"progress": true}]
      caller → [48, 1, {"progress": true}, "com.stream", [3]]
      callee ← [68, 1, $stream, {"progress": true}, [3]]
      caller → [48, 1, {}, "com.stream", [4]]
      callee ← [68, 1, $stream, {}, [4]]
      callee → [70, 1, {}, ["sum"]]
      caller ← [50, 1, {}, ["sum"]]
    `));

  test('PCI-5 progress: false ends the parts as well, and a call in one part may say so', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      caller → [48, 1, {"progress": false}, "com.stream", [2]]
      callee ← [68, 1, $stream, {}, [2]]
      caller → [48, 2, {"progress": false}, "com.stream"]
      callee ← [68, 2, $stream, {}]
    `));

  test('PCI-4 PCI-13 two calls in parts side by side, with results in parts', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true, "receive_progress": true}, "com.stream", ["a1"]]
      callee ← [68, 1, $stream, {"progress": true, "receive_progress": true}, ["a1"]]
      caller → [48, 2, {"progress": true}, "com.stream", ["b1"]]
      callee ← [68, 2, $stream, {"progress": true}, ["b1"]]
      callee → [70, 1, {"progress": true}, ["A1"]]
      caller ← [50, 1, {"progress": true}, ["A1"]]
      caller → [48, 1, {"progress": true}, "com.stream", ["a2"]]
      callee ← [68, 1, $stream, {"progress": true, "receive_progress": true}, ["a2"]]
      caller → [48, 2, {}, "com.stream", ["b2"]]
      callee ← [68, 2, $stream, {}, ["b2"]]
      callee → [70, 1, {"progress": true}, ["A2"]]
      caller ← [50, 1, {"progress": true}, ["A2"]]
      callee → [70, 2, {}, ["B"]]
      caller ← [50, 2, {}, ["B"]]
      caller → [48, 1, {}, "com.stream", ["a3"]]
      callee ← [68, 1, $stream, {"receive_progress": true}, ["a3"]]
      callee → [70, 1, {}, ["A3"]]
      caller ← [50, 1, {}, ["A3"]]
    `));

  test('PCI-2 VIO-8 a caller that has not announced it may not', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream"]
      caller ← [3, {...}, "wamp.error.protocol_violation"]
      caller ← closed
      callee ← nothing
    `,
      { peers: { caller: { roles: { caller: { features: { progressive_call_results: true } } } } } },
    ));

  test.each([
    ['nothing', []],
    ['progressive_call_invocations without call_canceling', ['progressive_call_invocations']],
    ['call_canceling only', ['call_canceling']],
  ])('PCI-1 PCI-3 a callee that announces %s is not bothered', (_what, features) =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      caller ← [8, 48, 1, {}, "wamp.error.feature_not_supported", *]
      callee ← nothing
      caller → [48, 2, {}, "com.stream", [2]]
      callee ← [68, 1, $stream, {}, [2]]
    `,
      calleeWith(...features),
    ),
  );

  test('PCI-1 T-2 one that announces call_cancelling beside it is', () =>
    converse(
      `
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"progress": true}]
    `,
      calleeWith('progressive_call_invocations', 'call_cancelling'),
    ));

  test('PCI-6 SHR-3 the policy is asked once: all parts go to the same callee', () =>
    converse(`
      ann → [64, 1, {"invoke": "roundrobin"}, "com.stream"]
      ann ← [65, 1, $stream]
      bob → [64, 1, {"invoke": "roundrobin"}, "com.stream"]
      bob ← [65, 1, $stream]
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      ann ← [68, 1, $stream, {"progress": true}, [1]]
      caller → [48, 2, {"progress": true}, "com.stream", [2]]
      bob ← [68, 1, $stream, {"progress": true}, [2]]
      caller → [48, 1, {"progress": true}, "com.stream", [3]]
      ann ← [68, 1, $stream, {"progress": true}, [3]]
      caller → [48, 1, {}, "com.stream", [4]]
      ann ← [68, 1, $stream, {}, [4]]
      caller → [48, 2, {}, "com.stream", [5]]
      bob ← [68, 1, $stream, {}, [5]]
      caller → [48, 3, {}, "com.stream", [6]]
      ann ← [68, 2, $stream, {}, [6]]
    `));

  test('PCI-7 PCI-8 the options of the first CALL hold for all', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true, "disclose_me": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true, "caller": $caller, "caller_authid": $authid, "caller_authrole": "anonymous"}, [1]]
      caller → [48, 1, {"progress": true, "disclose_me": false, "receive_progress": true, "x_more": 1}, "com.stream", [2]]
      callee ← [68, 1, $stream, {"progress": true, "caller": $caller, "caller_authid": $authid, "caller_authrole": "anonymous"}, [2]]
      callee → [70, 1, {"progress": true}, ["unasked"]]
      caller ← nothing
      caller → [48, 1, {}, "com.stream", [3]]
      callee ← [68, 1, $stream, {"caller": $caller, "caller_authid": $authid, "caller_authrole": "anonymous"}, [3]]
      caller → [48, 2, {"progress": true}, "com.stream", [4]]
      callee ← [68, 2, $stream, {"progress": true}, [4]]
      caller → [48, 2, {"disclose_me": true, "timeout": 5, "ppt_scheme": "x_custom"}, "com.stream", [5]]
      callee ← [68, 2, $stream, {}, [5]]
      clock +10
      caller ← nothing
    `));

  test('PCI-9 LEAVE-1 the caller leaves in the middle', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"progress": true}]
      caller → closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('PCI-9 PCI-11 the callee leaves in the middle: what still comes is discarded', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      other → [64, 1, {}, "com.stream"]
      other ← [65, 1, $other_stream]
      caller → [48, 1, {"progress": true}, "com.stream", [2]]
      caller → [48, 1, {}, "com.stream", [3]]
      caller ← nothing
      other ← nothing
    `));

  test.each([
    ['final YIELD', 'callee → [70, 1, {}, ["enough"]]\n caller ← [50, 1, {}, ["enough"]]'],
    ['ERROR', 'callee → [8, 68, 1, {}, "com.enough"]\n caller ← [8, 48, 1, {}, "com.enough"]'],
    ['CANCEL skip', 'caller → [49, 1, {"mode": "skip"}]\n caller ← [8, 48, 1, {}, "wamp.error.canceled"]'],
  ])('PCI-10 PCI-11 PCI-18 after %s, what the caller still streams is discarded', (_end, lines) =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      ${lines}
      caller → [48, 1, {"progress": true}, "com.stream", [2]]
      caller → [48, 1, {"progress": true}, "com.stream", [3]]
      caller → [48, 1, {}, "com.stream", [4]]
      caller ← nothing
      callee ← nothing
      caller → [48, 2, {}, "com.stream", ["next"]]
      callee ← [68, 2, $stream, {}, ["next"]]
    `),
  );

  test.each([
    ['no such procedure', 'com.nothing', 'wamp.error.no_such_procedure"'],
    ['an invalid URI', 'com..stream', 'wamp.error.invalid_uri", *'],
    ['a callee that cannot', 'com.stream', 'wamp.error.feature_not_supported", *'],
  ])(
    'PCI-11 PCR-4 a call that failed on %s is answered once, however much is streamed',
    (_why, procedure, error) =>
      converse(
        `
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "${procedure}", [1]]
      caller ← [8, 48, 1, {}, "${error}]
      caller → [48, 1, {"progress": true}, "${procedure}", [2]]
      caller ← nothing
      caller → [48, 1, {}, "${procedure}", [3]]
      caller ← nothing
      callee ← nothing
      caller → [48, 2, {}, "com.stream", ["next"]]
      callee ← [68, 1, $stream, {}, ["next"]]
    `,
        calleeWith('call_canceling'),
      ),
  );

  test('PCI-11 PCI-12 a call that timed out takes no more', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true, "timeout": 100}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      callee ← [69, 1, {"mode": "killnowait", ...}]
      caller → [48, 1, {}, "com.stream", [2]]
      caller ← nothing
      callee ← nothing
    `));

  test('PCI-16 a CALL of the number of a call in flight that takes no more is a violation', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      caller → [48, 1, {}, "com.stream", [2]]
      callee ← [68, 1, $stream, {}, [2]]
      caller → [48, 1, {}, "com.stream", [3]]
      caller ← [3, {...}, "wamp.error.protocol_violation"]
      caller ← closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('PCI-16 T-47 more input under another name is a violation', () =>
    converse(`
      ${REGISTERED}
      callee → [64, 2, {}, "com.other"]
      callee ← [65, 2, *]
      caller → [48, 1, {"progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"progress": true}]
      caller → [48, 1, {"progress": true}, "com.other"]
      caller ← [3, {...}, "wamp.error.protocol_violation"]
      caller ← closed
      callee ← [69, 1, {"mode": "killnowait", ...}]
    `));

  test('T-47 a call continues with its callee, whatever happens to the registration', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      callee → [66, 2, $stream]
      callee ← [67, 2]
      other → [64, 1, {}, "com.stream"]
      other ← [65, 1, $other_stream]
      caller → [48, 1, {"progress": true}, "com.stream", [2]]
      callee ← [68, 1, $stream, {"progress": true}, [2]]
      caller → [48, 1, {}, "com.stream", [3]]
      callee ← [68, 1, $stream, {}, [3]]
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {}, ["done"]]
      other ← nothing
    `));

  test('PCI-4 PREG-5 parts of a call to a pattern name the procedure', () =>
    converse(`
      callee → [64, 1, {"match": "prefix"}, "com."]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"procedure": "com.stream", "progress": true}, [1]]
      caller → [48, 1, {}, "com.stream", [2]]
      callee ← [68, 1, $stream, {"procedure": "com.stream"}, [2]]
    `));

  test('CAN-3 PCI-10 PCI-11 a killed call takes no more input once the callee has answered', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true}, "com.stream", [1]]
      callee ← [68, 1, $stream, {"progress": true}, [1]]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", ...}]
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      caller → [48, 1, {"progress": true}, "com.stream", [2]]
      caller ← nothing
      callee ← nothing
    `));
});
