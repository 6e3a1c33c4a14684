/** Conversations about callees that send a call on to another (checklist §2.16). */
import { createRouter } from '@wamp/router';
import { converse, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Client, settle } from '../support/client.ts';

const DECLINES = '{}, "wamp.error.unavailable"]';

/** Three callees that share com.work. */
function shared(invoke: string): string {
  return ['ann', 'bob', 'eve']
    .map(
      (callee) => `
        ${callee} → [64, 1, {"invoke": "${invoke}"}, "com.work"]
        ${callee} ← [65, 1, $work]`,
    )
    .join('');
}

describe('the next callee', () => {
  test('RRT-2 RRT-3 roundrobin: the next in the queue, and the caller sees nothing of it', () =>
    converse(`
      ${shared('roundrobin')}
      caller → [48, 1, {}, "com.work", [1], {"a": 1}]
      ann ← [68, 1, $work, {}, [1], {"a": 1}]
      ann → [8, 68, 1, ${DECLINES}
      caller ← nothing
      bob ← [68, 1, $work, {}, [1], {"a": 1}]
      bob → [70, 1, {}, ["bob"]]
      caller ← [50, 1, {}, ["bob"]]
      caller → [48, 2, {}, "com.work", [2]]
      eve ← [68, 1, $work, {}, [2]]
      eve → [8, 68, 1, ${DECLINES}
      ann ← [68, 2, $work, {}, [2]]
      ann → [70, 2, {}, ["ann"]]
      caller ← [50, 2, {}, ["ann"]]
    `));

  test('RRT-3 first: the callee that registered next', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      bob → [8, 68, 1, ${DECLINES}
      eve ← [68, 1, $work, {}]
      eve → [70, 1, {}]
      caller ← [50, 1, {}]
      caller → [48, 2, {}, "com.work"]
      ann ← [68, 2, $work, {}]
    `));

  test('RRT-3 last: the callee that registered before', () =>
    converse(`
      ${shared('last')}
      caller → [48, 1, {}, "com.work"]
      eve ← [68, 1, $work, {}]
      eve → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      bob → [8, 68, 1, ${DECLINES}
      ann ← [68, 1, $work, {}]
      ann → [70, 1, {}]
      caller ← [50, 1, {}]
    `));

  test('RRT-3 random: another one', () =>
    converse(
      `
      ${shared('random')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      bob → [8, 68, 1, ${DECLINES}
      eve ← [68, 1, $work, {}]
      eve → [8, 68, 1, ${DECLINES}
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
    `,
      { router: { random: () => 0 } },
    ));

  test('RRT-3 single: there is no other', () =>
    converse(`
      callee → [64, 1, {}, "com.work"]
      callee ← [65, 1, $work]
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      callee → [8, 68, 1, ${DECLINES}
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
      callee → [70, 1, {}, ["late"]]
      caller ← nothing
    `));

  test.each(['roundrobin', 'first', 'last', 'random'])('RRT-4 %s: all have declined', (invoke) =>
    converse(
      `
      ann → [64, 1, {"invoke": "${invoke}"}, "com.work"]
      ann ← [65, 1, $work]
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      bob → [64, 1, {"invoke": "${invoke}"}, "com.work"]
      bob ← [65, 1, $work]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      bob → [8, 68, 1, ${DECLINES}
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
      caller → [48, 2, {}, "com.work"]
      ${invoke === 'last' ? 'bob' : 'ann'} ← [68, 2, $work, {}]
    `,
      { router: { random: () => 0 } },
    ),
  );

  test('RRT-3 PREG-4 no other registration is asked, only other callees of the same', () =>
    converse(`
      exact → [64, 1, {}, "com.work"]
      exact ← [65, 1, $work]
      prefix → [64, 1, {"match": "prefix"}, "com"]
      prefix ← [65, 1, *]
      caller → [48, 1, {}, "com.work"]
      exact ← [68, 1, $work, {}]
      exact → [8, 68, 1, ${DECLINES}
      caller ← [8, 48, 1, {}, "wamp.error.no_available_callee"]
      prefix ← nothing
    `));

  test('RRT-2 PREG-5 the next callee receives all that the first one received', () =>
    converse(`
      ann → [64, 1, {"match": "prefix", "invoke": "first"}, "com."]
      ann ← [65, 1, $work]
      bob → [64, 1, {"match": "prefix", "invoke": "first"}, "com."]
      bob ← [65, 1, $work]
      caller → [48, 1, {"disclose_me": true, "receive_progress": true}, "com.work", [1]]
      ann ← [68, 1, $work, {"procedure": "com.work", "receive_progress": true, "caller": $caller, "caller_authid": $authid, "caller_authrole": $authrole}, [1]]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {"procedure": "com.work", "receive_progress": true, "caller": $caller, "caller_authid": $authid, "caller_authrole": $authrole}, [1]]
    `));

  test('RRT-2 the late answer of a callee that has declined is discarded', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      ann → [70, 1, {}, ["after all"]]
      ann → [8, 68, 1, ${DECLINES}
      caller ← nothing
      eve ← nothing
      bob → [70, 1, {}, ["bob"]]
      caller ← [50, 1, {}, ["bob"]]
    `));

  test('RRT-2 CAN-3 CAN-4 the callee that has the call now is the one interrupted', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      caller → [49, 1, {"mode": "killnowait"}]
      caller ← [8, 48, 1, {}, "wamp.error.canceled"]
      bob ← [69, 1, {"mode": "killnowait", ...}]
      ann ← nothing
    `));
});

describe('limits', () => {
  test('T-12 RRT-1 a callee that has not announced call_reroute just fails', () =>
    converse(
      `
      ann → [64, 1, {"invoke": "first"}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"invoke": "first"}, "com.work"]
      bob ← [65, 1, $work]
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → [8, 68, 1, {}, "wamp.error.unavailable", ["busy"]]
      caller ← [8, 48, 1, {}, "wamp.error.unavailable", ["busy"]]
      bob ← nothing
    `,
      { peers: { ann: { roles: { callee: { features: { shared_registration: true } } } } } },
    ));

  test('T-12 not once the caller has seen progress', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {"receive_progress": true}, "com.work"]
      ann ← [68, 1, $work, {"receive_progress": true}]
      ann → [70, 1, {"progress": true}, [1]]
      caller ← [50, 1, {"progress": true}, [1]]
      ann → [8, 68, 1, ${DECLINES}
      caller ← [8, 48, 1, {}, "wamp.error.unavailable"]
      bob ← nothing
    `));

  test.each([
    ['while it streams', ''],
    ['when all is in', 'caller → [48, 1, {}, "com.work", [2]]\n ann ← [68, 1, $work, {}, [2]]'],
  ])('T-12 not a call in parts, %s', (_when, more) =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {"progress": true}, "com.work", [1]]
      ann ← [68, 1, $work, {"progress": true}, [1]]
      ${more}
      ann → [8, 68, 1, ${DECLINES}
      caller ← [8, 48, 1, {}, "wamp.error.unavailable"]
      bob ← nothing
    `),
  );

  test('T-12 T-19 a callee that leaves has not declined', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → closed
      caller ← [8, 48, 1, {}, "wamp.error.canceled", *]
      bob ← nothing
    `));

  test('T-12 T-18 the time runs on', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {"timeout": 100}, "com.work"]
      ann ← [68, 1, $work, {}]
      clock +60
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      clock +39
      caller ← nothing
      clock +1
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      bob ← [69, 1, {"mode": "killnowait", ...}]
      ann ← nothing
    `));

  test('T-12 TMO-5 the timeout is enforced, though the first callee wanted to do that itself', () =>
    converse(`
      ann → [64, 1, {"invoke": "first", "forward_timeout": true}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"invoke": "first"}, "com.work"]
      bob ← [65, 1, $work]
      caller → [48, 1, {"timeout": 100}, "com.work"]
      ann ← [68, 1, $work, {"timeout": 100}]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      clock +100
      caller ← [8, 48, 1, {}, "wamp.error.timeout"]
      bob ← [69, 1, {"mode": "killnowait", ...}]
    `));

  const bobIsPlain: ConversationOptions = {
    peers: { bob: { roles: { callee: { features: { call_canceling: true } } } } },
  };

  test('RRT-3 PPT-3 the next callee is not sent what it does not understand', () =>
    converse(
      `
      ann → [64, 1, {"invoke": "first"}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"invoke": "first"}, "com.work"]
      bob ← [65, 1, $work]
      caller → [48, 1, {"ppt_scheme": "x_custom"}, "com.work", [1]]
      ann ← [68, 1, $work, {"ppt_scheme": "x_custom"}, [1]]
      ann → [8, 68, 1, ${DECLINES}
      bob ← nothing
      caller ← [8, 48, 1, {}, "wamp.error.feature_not_supported", *]
    `,
      bobIsPlain,
    ));

  test('RRT-3 PCR-1 the next callee is not asked for progress that it cannot give', () =>
    converse(
      `
      ann → [64, 1, {"invoke": "first"}, "com.work"]
      ann ← [65, 1, $work]
      bob → [64, 1, {"invoke": "first"}, "com.work"]
      bob ← [65, 1, $work]
      caller → [48, 1, {"receive_progress": true}, "com.work"]
      ann ← [68, 1, $work, {"receive_progress": true}]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
      bob → [70, 1, {"progress": true}, [1]]
      caller ← nothing
      bob → [70, 1, {}, [2]]
      caller ← [50, 1, {}, [2]]
    `,
      bobIsPlain,
    ));

  test('RRT-2 T-43 a callee that unregisters and then declines', () =>
    converse(`
      ${shared('first')}
      caller → [48, 1, {}, "com.work"]
      ann ← [68, 1, $work, {}]
      ann → [66, 2, $work]
      ann ← [67, 2]
      ann → [8, 68, 1, ${DECLINES}
      bob ← [68, 1, $work, {}]
    `));

  test('RRT-2 the input survives a transport that uses its buffer again', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const ann = await Client.join(router);
    await ann.say([64, 1, { invoke: 'first' }, 'com.work']);
    const bob = await Client.join(router);
    await bob.say([64, 1, { invoke: 'first' }, 'com.work']);
    const caller = await Client.join(router);
    const frame = new TextEncoder().encode('[48, 1, {}, "com.work", ["precious"]]');
    caller.transport.send(frame);
    await settle();
    frame.fill(0x20);
    await ann.say([8, 68, 1, {}, 'wamp.error.unavailable']);
    expect(bob.heard.at(-1)).toEqual([68, 1, expect.any(Number), {}, ['precious']]);
  });
});
