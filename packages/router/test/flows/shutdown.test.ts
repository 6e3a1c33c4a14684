/** Conversations about the router's end: calls in flight may finish, new ones may not begin. */
import { describe, expect, test } from 'vitest';
import { anonymous, createRouter } from '@wamp/router';
import { converse, ManualClock } from '@wamp/router/testing';
import { Client, settle } from '../support/client.ts';

const REGISTERED = `
  callee → [64, 1, {}, "com.slow"]
  callee ← [65, 1, $slow]
`;
const GOODBYE = '[6, {"x_resend":true}, "wamp.close.system_shutdown"]';

describe('draining', () => {
  test('SES-9 a call in flight finishes; then all are sent GOODBYE', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {}, "com.slow", ["in time"]]
      callee ← [68, 1, $slow, {}, ["in time"]]
      router drains 10000
      caller ← nothing
      callee ← nothing
      clock +9999
      callee → [70, 1, {}, ["done"]]
      caller ← [50, 1, {}, ["done"]]
      caller ← ${GOODBYE}
      callee ← ${GOODBYE}
      caller → [6, {}, "wamp.close.goodbye_and_out"]
      caller ← closed
      callee → [6, {}, "wamp.close.goodbye_and_out"]
      callee ← closed
    `));

  test('CALL-3 new calls are refused with ERROR unavailable, whatever they call', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      router drains 10000
      caller → [48, 2, {}, "com.slow"]
      caller ← [8, 48, 2, {"x_resend":true}, "wamp.error.unavailable", ["the router is shutting down"]]
      caller → [48, 3, {}, "com.unknown"]
      caller ← [8, 48, 3, {"x_resend":true}, "wamp.error.unavailable", *]
      caller → [48, 4, {}, "wamp.session.count"]
      caller ← [8, 48, 4, {"x_resend":true}, "wamp.error.unavailable", *]
      callee ← nothing
      callee → [8, 68, 1, {}, "com.failed"]
      caller ← [8, 48, 1, {}, "com.failed"]
      caller ← ${GOODBYE}
      callee ← ${GOODBYE}
    `));

  test('all else goes on: events, results in progress, more input, cancellation', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {"progress": true, "receive_progress": true}, "com.slow", [1]]
      callee ← [68, 1, $slow, {"progress": true, "receive_progress": true}, [1]]
      router drains 10000
      caller → [48, 1, {"progress": true}, "com.slow", [2]]
      callee ← [68, 1, $slow, {...}, [2]]
      callee → [70, 1, {"progress": true}, ["half"]]
      caller ← [50, 1, {"progress": true}, ["half"]]
      callee → [32, 2, {}, "com.topic"]
      callee ← [33, 2, *]
      caller → [16, 2, {}, "com.topic", ["news"]]
      callee ← [36, *, *, {}, ["news"]]
      caller → [49, 1, {"mode": "kill"}]
      callee ← [69, 1, {...}]
      callee → [8, 68, 1, {}, "wamp.error.canceled"]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      callee ← ${GOODBYE}
      caller ← ${GOODBYE}
    `));

  test('SES-9 patience ends: then GOODBYE comes though a call is in flight', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      router drains 10000
      clock +9999
      caller ← nothing
      clock +1
      callee ← ${GOODBYE}
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      caller ← ${GOODBYE}
    `));

  test('SES-9 with no call in flight GOODBYE comes at once', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      router drains 10000
      callee ← ${GOODBYE}
      caller ← ${GOODBYE}
    `));

  test('LEAVE-2 a call whose callee leaves is over, too', () =>
    converse(`
      ${REGISTERED}
      caller → [48, 1, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      router drains 10000
      callee → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      caller ← ${GOODBYE}
    `));

  test('a call that waits for a callee with room is in flight, and is served', () =>
    converse(`
      callee → [64, 1, {"concurrency": 1}, "com.slow"]
      callee ← [65, 1, $slow]
      caller → [48, 1, {}, "com.slow", [1]]
      callee ← [68, 1, $slow, {}, [1]]
      caller → [48, 2, {}, "com.slow", [2]]
      router drains 10000
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      callee ← [68, 2, $slow, {}, [2]]
      callee → [70, 2, {}]
      caller ← [50, 2, {}]
      callee ← ${GOODBYE}
      caller ← ${GOODBYE}
    `));

  test('whom the router trusts like itself may call on, and is waited for', () =>
    converse(
      `
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      caller → [48, 1, {}, "com.slow", [1]]
      callee ← [68, 1, $slow, {}, [1]]
      router drains 10000
      trusted → [48, 1, {}, "com.slow", [2]]
      callee ← [68, 2, $slow, {}, [2]]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      caller ← nothing
      callee → [70, 2, {}]
      trusted ← [50, 1, {}]
      callee ← ${GOODBYE}
      caller ← ${GOODBYE}
      trusted ← ${GOODBYE}
    `,
      {
        router: { authenticators: [anonymous(), { ...anonymous('trusted'), method: 'inside' }] },
        peers: { trusted: { details: { authmethods: ['inside'] } } },
      },
    ));

  test('the calls of every realm count', () =>
    converse(
      `
      callee → [64, 1, {}, "com.slow"]
      callee ← [65, 1, $slow]
      neighbour ← nothing
      callee → [48, 2, {}, "com.slow"]
      callee ← [68, 1, $slow, {}]
      router drains 10000
      neighbour ← nothing
      callee → [70, 1, {}]
      callee ← [50, 2, {}]
      neighbour ← ${GOODBYE}
      callee ← ${GOODBYE}
    `,
      { router: { realms: ['realm1', 'realm2', 'realm3'] }, peers: { neighbour: { realm: 'realm2' } } },
    ));
});

describe('who is not in yet', () => {
  test('SES-8 is sent ABORT, and so are later clients', async () => {
    const clock = new ManualClock();
    const router = createRouter({ realms: ['realm1'], clock });
    const member = await Client.join(router);
    await member.say([64, 1, {}, 'com.slow'], [48, 2, {}, 'com.slow']);
    const early = new Client(router);
    const drained = router.drain(10_000);
    const late = new Client(router);
    await settle();
    for (const client of [early, late]) {
      expect(client.heard).toEqual([[3, { message: 'the router is closing' }, 'wamp.close.system_shutdown']]);
      expect(client.closed).toBe(true);
    }
    expect(member.heard.map(([type]) => type)).toEqual([65, 68]);
    await member.say([70, 1, {}]);
    await drained;
    expect(clock.pending).toBe(0);
  });

  test('a drain is cut short by close', async () => {
    const clock = new ManualClock();
    const router = createRouter({ realms: ['realm1'], clock });
    const member = await Client.join(router);
    await member.say([64, 1, {}, 'com.slow'], [48, 2, {}, 'com.slow']);
    const drained = router.drain(10_000);
    const closed = router.close();
    await member.say([6, {}, 'wamp.close.goodbye_and_out']);
    await closed;
    await drained;
    expect(member.closed).toBe(true);
    expect(clock.pending).toBe(0);
  });
});
