/** `scope` and `with`: views of a session. */
import { expect, expectTypeOf, test } from 'vitest';
import { typesOnly } from '../src/contract/index.ts';
import { connect, type Session } from '../src/index.ts';
import { scriptedPeer, type ScriptedPeer } from '../src/testing/index.ts';

interface Api {
  procedures: {
    'app.math.add2': (a: number, b: number) => number;
    'app.now': () => string;
    'other.stop': () => boolean;
  };
  topics: {
    'app.news': [text: string];
    [room: `app.room.${string}.msg`]: [text: string];
  };
}

async function joined(defaults = {}): Promise<readonly [Session, ScriptedPeer]> {
  const peer = scriptedPeer();
  const connecting = connect('ws://test/', { realm: 'realm1', transport: peer.transport, defaults });
  await peer.welcome();
  return [await connecting, peer];
}

test('B3 a scope adds its prefix to the URIs of all requests, and scopes nest', async () => {
  const [session, peer] = await joined();
  const app = session.scope('com.app');
  void app.call('add', [2, 3]);
  await peer.expect([48, 1, {}, 'com.app.add', [2, 3]]);
  void app
    .scope('math')
    .call('neg', [2])
    .catch(() => undefined);
  await peer.expect([48, 2, {}, 'com.app.math.neg', [2]]);
  void app.publish('news', ['hello']);
  await peer.expect([16, 3, {}, 'com.app.news', ['hello']]);
  void app.subscribe('news', () => undefined, { match: 'prefix' });
  await peer.expect([32, 4, { match: 'prefix' }, 'com.app.news']);
  void app.subscribe('more', { getRetained: true });
  await peer.expect([32, 5, { get_retained: true }, 'com.app.more']);
  void app.register('stop', () => true);
  await peer.expect([64, 6, {}, 'com.app.stop']);
  void app.stream('run', [1]);
  await peer.expect([48, 7, { receive_progress: true }, 'com.app.run', [1]]);
  void app.api['math']?.['add2']?.(2, 3);
  await peer.expect([48, 8, {}, 'com.app.math.add2', [2, 3]]);
  const implementing = app.implement(typesOnly<{ procedures: { now: () => string } }>(), {
    now: () => 'now',
  });
  peer.send([65, (await peer.expect([64, 9, {}, 'com.app.now']))[1], 77]);
  expect((await implementing).registrations).toMatchObject([{ procedure: 'com.app.now' }]);
});

test('B3 defaults of `with` apply below the options of a request, and above those of the session', async () => {
  const [session, peer] = await joined({
    call: { timeout: 100_001, discloseMe: true },
    publish: { retain: true },
  });
  const patient = session.with({
    call: { timeout: 105_000, idempotent: true },
    publish: { acknowledge: true },
    subscribe: { match: 'wildcard' },
  });
  void patient.call('app.slow');
  await peer.expect([48, 1, { timeout: 105_000, disclose_me: true }, 'app.slow']);
  void patient.call('app.slow', [], { timeout: 100_007, discloseMe: false });
  await peer.expect([48, 2, { timeout: 100_007, disclose_me: false }, 'app.slow']);
  void patient.stream('app.slow');
  await peer.expect([48, 3, { receive_progress: true, timeout: 105_000, disclose_me: true }, 'app.slow']);
  void patient
    .scope('app')
    .publish('news', ['x'])
    .catch(() => undefined);
  await peer.expect([16, 4, { acknowledge: true, retain: true }, 'app.news', ['x']]);
  void patient.subscribe('app..x');
  await peer.expect([32, 5, { match: 'wildcard' }, 'app..x']);
  void patient.subscribe('app..y', () => undefined);
  await peer.expect([32, 6, { match: 'wildcard' }, 'app..y']);
  void session.call('app.slow');
  await peer.expect([48, 7, { timeout: 100_001, disclose_me: true }, 'app.slow']);
});

test('B3 a view shares the state, the events and the end of its session', async () => {
  const [session, peer] = await joined();
  const view = session.scope('app').with({ call: { timeout: 100_005 } });
  expect(view).toMatchObject({ state: 'open', realm: 'realm1', id: session.id });
  expect(await view.ready).toBe(view);
  expect(view.untyped).toBe(view);
  const states: string[] = [];
  view.on('state', (state) => states.push(state));
  const closing = view.close();
  await peer.expect([6, {}, 'wamp.close.close_realm']);
  peer.send([6, {}, 'wamp.close.goodbye_and_out']);
  await closing;
  expect(states).toEqual(['closing', 'closed']);
  expect(session.state).toBe('closed');
});

test('B3 a wrong prefix and wrong defaults are refused', async () => {
  const [session] = await joined();
  const wrong = [undefined, '', 'app.', 5] as string[];
  for (const prefix of wrong) {
    expect(() => session.scope(prefix)).toThrow(
      'The prefix of scope: expected a URI without a dot at its end',
    );
    expect(() => session.scope('a').scope(prefix)).toThrow(TypeError);
  }
  for (const view of [session, session.scope('a')]) {
    expect(() => view.with({ call: { timeout: -1 } })).toThrow('Option timeout of defaults.call');
    expect(() => view.with(undefined as never)).toThrow('The defaults: expected a plain object');
  }
  expect(() => session.scope('app').call(5 as never)).toThrow('The URI: expected a string');
  expect(() => session.scope('app').call('x', { timeout: 1 })).toThrow('Option timeout of call');
});

export async function types(t: Session<Api>): Promise<void> {
  const app = t.scope('app');
  expectTypeOf(await app.call('math.add2', [1, 2])).toEqualTypeOf<number>();
  expectTypeOf(await app.scope('math').call('add2', [1, 2])).toEqualTypeOf<number>();
  await app.subscribe('room.42.msg', ([text]) => text.toUpperCase());
  await app.publish('news', ['hello']);
  // @ts-expect-error not below the prefix
  await app.call('other.stop');
  // @ts-expect-error the whole URI
  await app.call('app.now');
  // @ts-expect-error wrong argument
  await app.call('math.add2', ['1', 2]);
  expectTypeOf(t.with({ call: { timeout: 5 } })).toEqualTypeOf<Session<Api>>();
  // @ts-expect-error not an option of calls
  t.with({ call: { acknowledge: true } });
  expectTypeOf(await t.untyped.scope('any').call('thing')).toBeUnknown();
}
