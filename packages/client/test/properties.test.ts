/** Whatever the order of the answers: each promise gets its own, and nothing is left behind. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Connection } from '../src/connection.ts';
import { Gate } from '../src/core/gate.ts';
import { ConnectionLostError, type WampError } from '../src/index.ts';
import { Listeners } from '../src/listeners.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { RegistrationHandle } from '../src/registration.ts';
import { SubscriptionHandle } from '../src/subscription.ts';
import { ALL_FEATURES, joined, ScriptedPeer, settle } from './scripted-peer.ts';

type Kind = 'call' | 'publish' | 'subscribe' | 'register';

const requests = fc.array(
  fc.record({
    kind: fc.constantFrom<Kind>('call', 'publish', 'subscribe', 'register'),
    fails: fc.boolean(),
    /** Where among the answers its answer comes. */
    rank: fc.nat(),
    /** Whether the next answer comes a turn later. */
    pause: fc.boolean(),
  }),
  { maxLength: 30 },
);

const CODES: Readonly<Record<Kind, readonly [request: number, answer: number]>> = {
  call: [48, 50],
  publish: [16, 17],
  subscribe: [32, 33],
  register: [64, 65],
};

test('answers in any order resolve the promises that they belong to', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (planned) => {
      const { session, peer } = await joined();
      const outcomes = planned.map(async ({ kind }, index) => {
        try {
          switch (kind) {
            case 'call':
              return await session.call('p', [index]);
            case 'publish':
              return (await session.publish('t', [], { acknowledge: true })).publication;
            case 'subscribe':
              return (await session.subscribe(`t${index}`, () => undefined)).id;
            case 'register':
              return (await session.register(`p${index}`, () => undefined)).id;
          }
        } catch (error) {
          return (error as WampError).uri;
        }
      });
      const order = planned
        .map((request, index) => ({ ...request, id: index + 1 }))
        .sort((a, b) => a.rank - b.rank);
      for (const { kind, fails, pause, id } of order) {
        const [request, answer] = CODES[kind];
        if (fails) peer.send([8, request, id, {}, `app.failed_${id}`]);
        else if (kind === 'call') peer.send([answer, id, {}, [1000 + id]]);
        else peer.send([answer, id, 1000 + id]);
        if (pause) await settle();
      }
      const expected = planned.map(({ fails }, index) => (fails ? `app.failed_${index + 1}` : 1001 + index));
      expect(await Promise.all(outcomes)).toEqual(expected);
      expect(session.state).toBe('open');
    }),
    { numRuns: 300 },
  );
});

/** A connection without a session around it, so that a test can look inside. */
async function connection(): Promise<{ peer: ScriptedPeer; connection: Connection; ended: unknown[] }> {
  const gate = new Gate(3, () => undefined);
  const peer = new ScriptedPeer();
  const ended: unknown[] = [];
  const port = {
    clock: peer.clock,
    listeners: new Listeners(console),
    exposeErrors: false,
    maxHandlers: 3,
    gate: () => gate,
    joined: () => undefined,
    survives: () => false,
    ended: (_connection: Connection, ending: unknown) => ended.push(ending),
    report: () => undefined,
  };
  const connection = new Connection(peer.transport, port);
  const joining = connection.join('realm1', {}, [], { attempt: 1 });
  await peer.next();
  peer.send([2, 1, { roles: ALL_FEATURES }]);
  await joining;
  return { peer, connection, ended };
}

type Action = 'call' | 'cancel' | 'answer' | 'fail' | 'event';

test('a session leaves no state behind, however it ends and whatever was in flight', async () => {
  const actions = fc.array(fc.constantFrom<Action>('call', 'cancel', 'answer', 'fail', 'event'), {
    maxLength: 40,
  });
  const endings = fc.constantFrom('close', 'goodbye', 'abort', 'drop', 'violation');
  await fc.assert(
    fc.asyncProperty(actions, endings, async (script, ending) => {
      const { session, peer } = await joined();
      const settled: Promise<unknown>[] = [];
      const calls: { id: number; cancel: () => void }[] = [];
      for (const action of script) {
        const newest = calls.at(-1);
        switch (action) {
          case 'call': {
            const call = session.call('p', [], { timeout: 1000, signal: new AbortController().signal });
            settled.push(call.catch(() => undefined));
            calls.push({ id: call.requestId ?? 0, cancel: () => call.cancel() });
            break;
          }
          case 'cancel':
            newest?.cancel();
            break;
          case 'answer':
            if (newest !== undefined) peer.send([50, newest.id, {}]);
            calls.pop();
            break;
          case 'fail':
            if (newest !== undefined) peer.send([8, 48, newest.id, {}, 'app.failed']);
            calls.pop();
            break;
          case 'event':
            await settle();
        }
      }
      if (ending === 'close') {
        void session.close();
        peer.send([6, {}, 'wamp.close.goodbye_and_out']);
      } else if (ending === 'goodbye') peer.send([6, {}, 'wamp.close.system_shutdown']);
      else if (ending === 'abort') peer.send([3, {}, 'wamp.close.killed']);
      else if (ending === 'drop') peer.drop();
      else peer.send([2, 2, { roles: {} }]);
      await Promise.all(settled);
      await session.closed;
      expect(peer.clock.pending).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test('no entry is left in any table after the end', async () => {
  for (const end of [
    (peer: ScriptedPeer) => peer.drop(),
    (peer: ScriptedPeer) => peer.send([6, {}, 'wamp.close.killed']),
    (peer: ScriptedPeer) => peer.sendText('nonsense'),
  ]) {
    const { peer, connection: own, ended } = await connection();
    const leave = (): Promise<void> => Promise.resolve();
    const handles = {
      subscriptions: ['t1', 't2'].map(
        (topic) => new SubscriptionHandle(topic, {}, leave, undefined, {}, new ManualClock()),
      ),
      registrations: ['p1', 'p2'].map(
        (procedure) => new RegistrationHandle(procedure, {}, leave, () => new Promise(() => undefined)),
      ),
    };
    // Of each, one is there and one is asked for; one invocation runs.
    const joining = [
      ...handles.subscriptions.map(
        (handle) => new Promise((resolve) => own.subscriptions.join(handle, resolve)),
      ),
      ...handles.registrations.map(
        (handle) => new Promise((resolve) => own.registrations.join(handle, resolve)),
      ),
    ];
    peer.send([33, 1, 7]);
    peer.send([65, 3, 8]);
    peer.send([68, 1, 8, {}]);
    const sizes = (): number[] => [
      own.requests.size,
      own.subscriptions.size,
      own.registrations.size,
      own.handling.running,
    ];
    expect(sizes()).toEqual([2, 2, 2, 1]);
    end(peer);
    expect(sizes()).toEqual([0, 0, 0, 0]);
    const lost = expect.any(ConnectionLostError) as unknown;
    expect(await Promise.all(joining)).toEqual([undefined, lost, undefined, lost]);
    expect(handles.subscriptions[0]?.state).toBe('restoring');
    expect(handles.registrations[0]?.state).toBe('restoring');
    expect(ended).toHaveLength(1);
  }
});
