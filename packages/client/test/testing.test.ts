/** What applications test themselves with: a realm in memory, and a peer that follows a script. */
import { createTestRealm } from '../../router/src/testing/index.ts';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineContract } from '../src/contract/index.ts';
import { connect, type Session } from '../src/index.ts';
import { ANY, ManualClock, scriptedPeer } from '../src/testing/index.ts';
import { failure } from './scripted-peer.ts';

interface Api {
  procedures: { 'math.add2': (a: number, b: number) => number; whoami: () => string };
  topics: { news: [text: string] };
}

describe('a test realm', () => {
  test('is a real router: calls and events pass from client to client', async () => {
    await using realm = createTestRealm();
    const callee = await realm.connect(connect<Api>);
    const caller: Session<Api> = await realm.connect(
      connect<Api>,
      { authid: 'joe', authrole: 'admin' },
      { exposeErrors: true },
    );
    expect([caller.authid, caller.authrole]).toEqual(['joe', 'admin']);
    await callee.register('math.add2', ([a, b]) => a + b);
    expect(await caller.call('math.add2', [2, 3])).toBe(5);
    const heard: string[] = [];
    await callee.subscribe('news', ([text]) => heard.push(text));
    await caller.publish('news', ['hi'], { acknowledge: true });
    await realm.settle();
    expect(heard).toEqual(['hi']);
  });

  test('takes options of connect, such as a contract', async () => {
    const contract = defineContract({
      procedures: { add: { args: z.tuple([z.number()]), result: z.number() } },
    });
    await using realm = createTestRealm({ realm: 'test' });
    const session = await connect(realm.url, { ...realm.client(), contract });
    await session.implement(contract, { add: ([a]) => a + 1 });
    expect(await session.call('add', [1])).toBe(2);
    expect(session.realm).toBe('test');
  });

  test('shows the frames of its clients', async () => {
    await using realm = createTestRealm();
    const session = await realm.connect(connect, { authid: 'joe' });
    await failure(session.call('nothing', [1]));
    expect(realm.frames.map(({ connection, from, message }) => [connection, from, message[0]])).toEqual([
      [1, 'client', 1],
      [1, 'router', 2],
      [1, 'client', 48],
      [1, 'router', 8],
    ]);
    expect(realm.frames[2]?.message).toEqual([48, 1, {}, 'nothing', [1]]);
    expect(realm.frames[2]?.at).toBe(realm.clock.now());
  });

  test('advances the time on request', async () => {
    await using realm = createTestRealm();
    const session = await realm.connect(connect<Api>);
    await session.register('math.add2', () => new Promise(() => undefined));
    const call = failure(session.call('math.add2', [2, 3], { timeout: 60_000 }));
    await realm.advance(59_999);
    const early = Promise.race([call, Promise.resolve('pending')]);
    expect(await early).toBe('pending');
    await realm.advance(1);
    expect(await call).toMatchObject({ uri: 'wamp.error.timeout' });
  });

  test('delays frames, in their order', async () => {
    await using realm = createTestRealm();
    const session = await realm.connect(connect<Api>);
    const order: string[] = [];
    realm.latency(100);
    const first = failure(session.call('math.add2', [2, 3])).then(() => order.push('first'));
    await realm.advance(10);
    realm.latency(0);
    const second = failure(session.call('math.add2', [2, 3])).then(() => order.push('second'));
    await realm.advance(89);
    expect(order).toEqual([]);
    await realm.advance(1);
    await Promise.all([first, second]);
    expect(order).toEqual(['first', 'second']);
  });

  test('falls silent, and speaks again', async () => {
    await using realm = createTestRealm();
    const session = await realm.connect(connect<Api>);
    realm.pause();
    let answered = false;
    const call = failure(session.call('math.add2', [2, 3])).then(() => (answered = true));
    await realm.settle();
    expect(answered).toBe(false);
    realm.resume();
    await call;
  });

  test('drops a client, with a word or without', async () => {
    await using realm = createTestRealm();
    const silent = await realm.connect(connect<Api>);
    const lost = failure(silent.call('math.add2', [2, 3]));
    realm.drop(silent);
    expect(await lost).toMatchObject({ name: 'ConnectionLostError', uri: 'wamp.error.network_failure' });
    const told = await realm.connect(connect<Api>);
    const lastCall = failure(told.call('math.add2', [2, 3]));
    realm.drop(told, { clean: true });
    expect(await lastCall).toMatchObject({ uri: 'wamp.close.system_shutdown' });
    await realm.settle();
    expect(() => {
      realm.drop({});
    }).toThrow('The client to drop has no connection');
  });

  test('refuses connections while it is down', async () => {
    await using realm = createTestRealm();
    realm.down();
    expect(await failure(realm.connect(connect<Api>))).toMatchObject({ uri: 'wamp.error.network_failure' });
    realm.up();
    const session = await realm.connect(connect<Api>);
    expect(session.state).toBe('open');
  });

  test('of real time advances by itself, and cannot be advanced', async () => {
    await using realm = createTestRealm({ time: 'real' });
    const session = await realm.connect(connect<Api>);
    realm.latency(1);
    expect(await failure(session.call('math.add2', [2, 3]))).toMatchObject({
      uri: 'wamp.error.no_such_procedure',
    });
    await expect(realm.advance(1)).rejects.toThrow('The time of this realm is real');
  });
});

describe('a scripted peer', () => {
  test('is what the client talks to', async () => {
    const peer = scriptedPeer();
    const connecting = connect('ws://test/', {
      realm: 'realm1',
      transport: peer.transport,
      clock: peer.clock,
    });
    const hello = await peer.welcome({ details: { authid: 'joe' }, roles: { dealer: {}, broker: {} } });
    expect(hello[1]).toBe('realm1');
    const session = await connecting;
    expect([session.id, session.authid, peer.isOpen, peer.connections]).toEqual([1, 'joe', true, 1]);
    const sum = session.call('math.add2', [2, 3]);
    await peer.expect([48, ANY, {}, 'math.add2', (args: unknown) => Array.isArray(args)]);
    peer.send([50, 1, {}, [5]]);
    expect(await sum).toBe(5);
    peer.expectNothing();
    const bytes = session.call('math.add2', [new Uint8Array([1, 2])]);
    bytes.catch(() => undefined);
    await peer.expect([48, 2, {}, 'math.add2', [expect.anything()]]);
    peer.drop();
    expect(await failure(bytes)).toMatchObject({ name: 'ConnectionLostError', sent: true });
  });

  test('names the received message and the expected one', async () => {
    const peer = scriptedPeer();
    expect(() => {
      peer.send([]);
    }).toThrow('The client is not connected.');
    const connecting = connect('ws://test/', {
      realm: 'realm1',
      transport: peer.transport,
      clock: peer.clock,
    });
    connecting.catch(() => undefined);
    await expect(peer.expect([1, 'realm2', ANY])).rejects.toThrow(
      /Expected of the client: \[1,"realm2","\*"\]\n +heard: \[1,"realm1",\{/,
    );
    peer.send([3, {}, 'wamp.error.no_such_realm']);
    expect(await failure(connecting)).toMatchObject({ uri: 'wamp.error.no_such_realm' });
  });

  test('has a clock that the test moves', () => {
    const clock = new ManualClock(5);
    const fired: number[] = [];
    clock.after(20, () => fired.push(clock.now()));
    clock.after(10, () => fired.push(clock.now()));
    const stop = clock.after(15, () => fired.push(0));
    stop();
    expect(clock.pending).toBe(2);
    clock.advance(100);
    expect([fired, clock.now(), clock.pending]).toEqual([[15, 25], 105, 0]);
  });
});
