/** Messages longer than their receiver takes (RAW-6, T-53): it costs the receiver that one, and whoever waits is told. */
import { rolesOf } from '@wamp/protocol';
import { ALL_FEATURES, converse, type PeerOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';

const SMALL: PeerOptions = { limit: 2048 };
const LONG = JSON.stringify('x'.repeat(2048));
const TOO_LARGE = 'wamp.error.payload_size_exceeded';

const withoutCanceling: PeerOptions = {
  roles: rolesOf({
    ...ALL_FEATURES,
    callee: ALL_FEATURES.callee.filter((feature) => feature !== 'call_canceling'),
  }),
};

describe('results', () => {
  test('T-53 one too large for its caller is an ERROR, and the callee is not notified', () =>
    converse(
      `
      callee → [64, 1, {}, "com.procedure"]
      callee ← [65, 1, $procedure]
      caller → [48, 1, {}, "com.procedure"]
      callee ← [68, 1, $procedure, {}]
      callee → [70, 1, {}, [${LONG}]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← nothing
      `,
      { peers: { caller: SMALL } },
    ));

  test('T-53 a progressive one ends the call: the callee is interrupted, and its later results are discarded', () =>
    converse(
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}, ["fits"]]
      callee → [70, 1, {"progress": true}, [${LONG}]]
      caller ← [50, 1, {"progress": true}, ["fits"]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← [69, 1, {"mode": "killnowait", "reason": "${TOO_LARGE}"}]
      callee → [70, 1, {"progress": true}, ["late"]]
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
      caller → [48, 2, {}, "com.stream"]
      callee ← [68, 2, $stream, {}]
      callee → [70, 2, {}, ["as ever"]]
      caller ← [50, 2, {}, ["as ever"]]
      `,
      { peers: { caller: SMALL } },
    ));

  test('T-53 CAN-2 a callee that was already interrupted is not interrupted again', () =>
    converse(
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {"mode": "kill", ...}]
      callee → [70, 1, {"progress": true}, [${LONG}]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← nothing
      `,
      { peers: { caller: SMALL } },
    ));

  test('T-53 TMO-2 the timeout of such a call is over with it', () =>
    converse(
      `
      callee → [64, 1, {}, "com.stream"]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"receive_progress": true, "timeout": 100}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      callee → [70, 1, {"progress": true}, [${LONG}]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← [69, 1, {...}]
      clock +1000
      caller ← nothing
      callee ← nothing
      `,
      { peers: { caller: SMALL } },
    ));

  test('T-53 the next call that waits for the callee is served', () =>
    converse(
      `
      callee → [64, 1, {"invoke": "roundrobin", "concurrency": 1}, "com.stream"]
      callee ← [65, 1, $stream]
      caller → [48, 1, {"receive_progress": true}, "com.stream"]
      callee ← [68, 1, $stream, {"receive_progress": true}]
      other → [48, 1, {}, "com.stream", ["next"]]
      callee → [70, 1, {"progress": true}, [${LONG}]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← [69, 1, {...}]
      callee ← [68, 2, $stream, {}, ["next"]]
      `,
      { peers: { caller: SMALL } },
    ));

  test('T-53 an ERROR too large for its caller is one that fits', () =>
    converse(
      `
      callee → [64, 1, {}, "com.fail"]
      callee ← [65, 1, $fail]
      caller → [48, 1, {}, "com.fail"]
      callee ← [68, 1, $fail, {}]
      callee → [8, 68, 1, {}, "com.error", [${LONG}], {"more": ${LONG}}]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      `,
      { peers: { caller: SMALL } },
    ));
});

describe('calls', () => {
  test('T-53 one too large for its callee is an ERROR to the caller, and the callee is not notified', () =>
    converse(
      `
      callee → [64, 1, {}, "com.procedure"]
      callee ← [65, 1, $procedure]
      caller → [48, 1, {}, "com.procedure", [${LONG}]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← nothing
      caller → [48, 2, {}, "com.procedure", ["fits"]]
      callee ← [68, 2, $procedure, {}, ["fits"]]
      callee → [70, 2, {}]
      caller ← [50, 2, {}]
      `,
      { peers: { callee: SMALL } },
    ));

  test('T-53 PCI-11 further input too large for the callee ends the call: the callee is interrupted, and further input is discarded', () =>
    converse(
      `
      callee → [64, 1, {}, "com.collect"]
      callee ← [65, 1, $collect]
      caller → [48, 1, {"progress": true}, "com.collect", [1]]
      callee ← [68, 1, $collect, {"progress": true}, [1]]
      caller → [48, 1, {"progress": true}, "com.collect", [${LONG}]]
      caller → [48, 1, {"progress": true}, "com.collect", [3]]
      caller → [48, 1, {}, "com.collect", [4]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      callee ← [69, 1, {"mode": "killnowait", "reason": "${TOO_LARGE}"}]
      callee ← nothing
      caller → [48, 2, {}, "com.collect", [1]]
      callee ← [68, 2, $collect, {}, [1]]
      `,
      { peers: { callee: SMALL } },
    ));

  test('T-53 a callee that cannot be interrupted may answer a call that has ended', () =>
    converse(
      `
      callee → [64, 1, {}, "com.procedure"]
      callee ← [65, 1, $procedure]
      caller → [48, 1, {}, "com.procedure", [${LONG}]]
      caller ← [8, 48, 1, {}, "${TOO_LARGE}", [*]]
      caller → [48, 2, {"receive_progress": true}, "com.procedure"]
      callee ← [68, 2, $procedure, {"receive_progress": true}]
      callee → [70, 2, {}, ["late"]]
      caller ← [50, 2, {}, ["late"]]
      `,
      { peers: { callee: { ...SMALL, ...withoutCanceling } } },
    ));

  test('T-53 a thousand that wait, each too large for the callee, are all answered', async () => {
    const numbers = Array.from({ length: 1000 }, (_, index) => index + 1);
    await converse(
      `
      callee → [64, 1, {"invoke": "roundrobin", "concurrency": 1}, "com.procedure"]
      callee ← [65, 1, $procedure]
      first → [48, 1, {}, "com.procedure"]
      callee ← [68, 1, $procedure, {}]
      ${numbers.map((number) => `caller → [48, ${number}, {}, "com.procedure", [${LONG}]]`).join('\n')}
      callee → [70, 1, {}]
      first ← [50, 1, {}]
      ${numbers.map((number) => `caller ← [8, 48, ${number}, {}, "${TOO_LARGE}", [*]]`).join('\n')}
      `,
      { peers: { callee: SMALL } },
    );
  });
});

describe('events', () => {
  test('T-53 one too large for a subscriber is dropped for it alone, counted, and logged', async () => {
    const logged: unknown[] = [];
    await converse(
      `
      small → [32, 1, {}, "com.topic"]
      small ← [33, 1, $topic]
      large → [32, 1, {}, "com.topic"]
      large ← [33, 1, $topic]
      publisher → [16, 1, {"acknowledge": true}, "com.topic", [${LONG}]]
      publisher ← [17, 1, $publication]
      publisher → [16, 2, {}, "com.topic", ["fits"]]
      small ← [36, $topic, *, {}, ["fits"]]
      large ← [36, $topic, $publication, {}, [${LONG}]]
      large ← [36, $topic, *, {}, ["fits"]]
      publisher → [48, 3, {}, "wamp.metrics.get"]
      publisher ← [50, 3, {}, [{"messages_dropped": 1, ...}]]
      `,
      {
        peers: { small: SMALL },
        router: {
          log: (level, what, facts) => {
            if (level === 'warn') logged.push([what, facts['type']]);
          },
        },
      },
    );
    expect(logged).toEqual([['undeliverable', 36]]);
  });
});
