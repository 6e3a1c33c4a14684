/** One session over many connections: what comes back, what waits, what fails, and what nobody does twice. */
import { describe, expect, test } from 'vitest';
import {
  AuthError,
  ConnectError,
  ConnectionLostError,
  connect,
  ticket,
  type AuthContext,
  type Subscription,
} from '../src/index.ts';
import { addTestament, flushTestaments } from '../src/meta.ts';
import { failure, settle } from './scripted-peer.ts';
import { ScriptedLine, told } from './scripted-line.ts';

describe('D1 a connection that is lost', () => {
  test('D1 is replaced: handlers are there again, in one turn, before anything else', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const heard: unknown[] = [];
    const both = [
      session.register('add', ([a, b]) => Number(a) + Number(b)),
      session.subscribe('news', ([text]) => heard.push(text)),
    ];
    line.peer.send([65, 1, 7]);
    line.peer.send([33, 2, 8]);
    await Promise.all(both);
    const events = told(session);
    await line.cut();
    const call = session.call('add', [1, 2]);
    await line.pass(250);
    const peer = await line.welcome();
    await peer.expect([64, 1, {}, 'add']);
    await peer.expect([32, 2, {}, 'news']);
    await peer.expect([48, 3, {}, 'add', [1, 2]]);
    peer.expectNothing();
    peer.send([65, 1, 17]);
    peer.send([33, 2, 18]);
    peer.send([68, 5, 17, {}, [2, 3]]);
    await peer.expect([70, 5, {}, [5]]);
    peer.send([36, 18, 1, {}, ['back']]);
    peer.send([50, 3, {}, [3]]);
    expect(await call).toBe(3);
    expect(heard).toEqual(['back']);
    expect(events).toEqual([
      'reconnecting',
      ['lost', 'wamp.error.network_failure'],
      ['retry', 2, 250],
      'open',
      ['open', true],
      ['restored', 1, 1, 0],
    ]);
  });

  test('D1 keeps the process alive and logs once per outage', async () => {
    const line = new ScriptedLine();
    await line.connect();
    for (let time = 1; time <= 2; time += 1) {
      await line.pass(5_000);
      line.isDown = true;
      await line.cut();
      for (let attempt = 0; attempt < 5; attempt += 1) await line.pass(10_000);
      expect(line.clock.pending).toBeGreaterThan(0);
      expect(line.log).toHaveLength(time);
      line.isDown = false;
      await line.pass(30_000);
      await line.welcome();
    }
    expect(line.log[0]).toMatch(
      /^WAMP: no connection to ws:\/\/a\/, trying again until there is one: .*down/,
    );
  });

  test('is tried again at once when it has lasted, and with growing pauses up to 30 s when not', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const delays: number[] = [];
    session.on('retry', ({ delay }) => delays.push(delay));
    await line.pass(5_000);
    line.isDown = true;
    await line.cut();
    for (let attempt = 0; attempt < 10; attempt += 1) await line.pass(30_000);
    expect(delays).toEqual([0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('is looked for at every URL, beginning with the one that worked last', async () => {
    const line = new ScriptedLine();
    const connecting = connect(['ws://a/', 'ws://b/'], line.options);
    await line.welcome();
    await connecting;
    line.isDown = true;
    await line.cut();
    await line.pass(250);
    expect(line.tried).toEqual(['a', 'a', 'b']);
  });

  test.each([
    ['says that the session was killed', [6, {}, 'wamp.close.killed'], 'wamp.close.killed'],
    ['ends it for a reason of its own', [6, {}, 'app.banned'], 'app.banned'],
    ['finds a violation', [3, {}, 'wamp.error.protocol_violation'], 'wamp.error.protocol_violation'],
  ])('is not replaced when the router %s, and the log tells why', async (_what, message, reason) => {
    const line = new ScriptedLine();
    const session = await line.connect();
    line.peer.send(message);
    expect(await session.closed).toMatchObject({ reason });
    expect(session.state).toBe('closed');
    expect(line.clock.pending).toBe(0);
    expect(line.log).toHaveLength(1);
  });

  test.each(['wamp.close.system_shutdown', 'wamp.close.close_realm', 'wamp.error.slow_consumer'])(
    'is replaced when the router ends it with %s',
    async (reason) => {
      const line = new ScriptedLine();
      const session = await line.connect();
      line.peer.send([6, {}, reason]);
      expect(session.state).toBe('reconnecting');
      await line.pass(250);
      await line.welcome();
      expect(session.state).toBe('open');
    },
  );

  test.each([
    ['attempts', { attempts: 3 }],
    ['shouldRetry', { shouldRetry: (_error: Error, attempt: number) => attempt < 3 }],
  ])('ends the session after so many failures as %s says', async (_name, reconnect) => {
    const line = new ScriptedLine();
    const session = await line.connect({ reconnect: { jitter: 'none', ...reconnect } });
    await line.pass(5_000);
    line.isDown = true;
    await line.cut();
    for (let attempt = 0; attempt < 4; attempt += 1) await line.pass(1_000);
    expect(await session.closed).toMatchObject({ reason: 'wamp.error.network_failure' });
    expect(line.tried).toHaveLength(4);
    expect(line.clock.pending).toBe(0);
  });

  test('is not replaced with reconnect: false', async () => {
    const line = new ScriptedLine();
    const session = await line.connect({ reconnect: false });
    await line.cut();
    expect(session.state).toBe('closed');
    expect(line.clock.pending).toBe(0);
  });
});

describe('D2 a path that falls silent', () => {
  /** All that a silent session has done by then. */
  async function silent(ms: number): Promise<{ line: ScriptedLine; state: string; call: Promise<unknown> }> {
    const line = new ScriptedLine();
    const session = await line.connect();
    const call = failure(session.call('p'));
    await line.peer.next();
    for (let at = 0; at < ms; at += 1_000) await line.pass(1_000);
    return { line, state: session.state, call };
  }

  test('D2 is asked for a sign of life after 25 s, and lost 10 s later: the call settles', async () => {
    expect((await silent(24_000)).line.peer.closed).toBeUndefined();
    const asked = await silent(25_000);
    await asked.line.peer.expect([48, 2, {}, 'wamp.session.get', [101]]);
    expect((await silent(34_000)).state).toBe('open');
    const { line, call, state } = await silent(35_000);
    expect(state).toBe('reconnecting');
    expect(await call).toMatchObject({ sent: true, uri: 'wamp.error.network_failure' });
    await line.welcome();
  });

  test('D2 counts as alive as long as anything is received, even an error', async () => {
    const { line } = await silent(25_000);
    line.peer.send([8, 48, 2, {}, 'wamp.error.not_authorized']);
    await line.pass(34_000);
    expect(line.peer.closed).toBeUndefined();
  });

  test('D2 is left alone with keepAlive: false', async () => {
    const line = new ScriptedLine();
    const session = await line.connect({ keepAlive: false });
    await line.pass(3_600_000);
    line.peer.expectNothing();
    expect(session.state).toBe('open');
  });
});

describe('requests in flight when the connection is lost', () => {
  test('sent: it fails with `sent: true`; not sent: it waits; nothing is sent twice', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const written = [
      failure(session.call('p', [1])),
      failure(session.publish('t', [1], { acknowledge: true })),
      failure(session.stream('p').result),
    ];
    await session.publish('t', [0]);
    await line.cut();
    for (const error of await Promise.all(written)) {
      expect(error).toBeInstanceOf(ConnectionLostError);
      expect(error).toMatchObject({ sent: true });
    }
    const waiting = [
      session.call('p', [2]),
      session.publish('t', [2], { acknowledge: true }),
      session.publish('t', [3]),
    ];
    await line.pass(250);
    const peer = await line.welcome();
    await peer.expect([48, 1, {}, 'p', [2]]);
    await peer.expect([16, 2, { acknowledge: true }, 't', [2]]);
    await peer.expect([16, 3, {}, 't', [3]]);
    peer.expectNothing();
    peer.send([50, 1, {}, ['two']]);
    peer.send([17, 2, 5]);
    expect(await Promise.all(waiting)).toEqual(['two', { publication: 5 }, {}]);
  });

  test('idempotent requests are sent again in the original order, before waiting ones', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const calls = [
      session.call('p', [1], { idempotent: true }),
      session.call('p', [2]),
      session.publish('t', [3], { acknowledge: true, idempotent: true }),
      session.call('p', [4], { idempotent: true }),
    ].map((promise) => Promise.resolve<unknown>(promise).catch((error: unknown) => error));
    await settle();
    await line.cut();
    calls.push(Promise.resolve(session.call('p', [5])));
    await line.pass(250);
    const peer = await line.welcome();
    for (const [id, n] of [
      [1, 1],
      [3, 4],
      [4, 5],
    ]) {
      if (id === 3) await peer.expect([16, 2, { acknowledge: true }, 't', [3]]);
      await peer.expect([48, id, {}, 'p', [n]]);
      peer.send([50, id, {}, [n]]);
    }
    peer.send([17, 2, 9]);
    expect(await Promise.all(calls)).toEqual([1, expect.any(ConnectionLostError), { publication: 9 }, 4, 5]);
  });

  test('calls that a router has not processed because it shuts down are sent on the next connection', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const calls = [1, 2, 3].map((value) => session.call('p', [value]));
    const canceled = failure(calls[2] ?? Promise.resolve());
    for (const id of [1, 2, 3]) await line.peer.expect([48, id, {}, 'p', [id]]);
    const refusal = [{ x_resend: true }, 'wamp.error.unavailable', ['the router is shutting down']];
    for (const id of [1, 3]) line.peer.send([8, 48, id, ...refusal]);
    await settle();
    calls[2]?.cancel();
    expect(await canceled).toMatchObject({ name: 'CanceledError' });
    // The second one was on its way: the router says that it has processed nothing that it has not answered.
    line.peer.send([6, { x_resend: true }, 'wamp.close.system_shutdown']);
    await settle();
    await line.pass(250);
    const peer = await line.welcome();
    for (const [id, value] of [[1, 1], [2, 2]]) await peer.expect([48, id, {}, 'p', [value]]); // prettier-ignore
    peer.expectNothing();
    for (const id of [1, 2]) peer.send([50, id, {}, [10 * id]]);
    expect(await Promise.all(calls.slice(0, 2))).toEqual([10, 20]);
  });

  test('a call that a router which shuts down has refused fails at once without another connection', async () => {
    const line = new ScriptedLine();
    const session = await line.connect({ reconnect: false });
    const call = failure(session.call('p'));
    await line.peer.expect([48, 1, {}, 'p']);
    line.peer.send([8, 48, 1, { x_resend: true }, 'wamp.error.unavailable']);
    expect(await call).toMatchObject({ uri: 'wamp.error.unavailable' });
  });

  test('a call that a router which shuts down has refused fails when the session is closed', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const call = failure(session.call('p'));
    await line.peer.expect([48, 1, {}, 'p']);
    line.peer.send([8, 48, 1, { x_resend: true }, 'wamp.error.unavailable']);
    await settle();
    const closing = session.close();
    expect(await call).toMatchObject({ name: 'ConnectionLostError', sent: false });
    line.peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await closing;
  });

  test('a timeout and a signal hold while a call waits, and what they end is never sent', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    line.isDown = true;
    await line.cut();
    const controller = new AbortController();
    const canceled = session.call('p');
    const calls = [
      failure(session.call('p', [], { timeout: 1_000 })),
      failure(session.call('p', [], { signal: controller.signal })),
      failure(session.publish('t', [], { signal: controller.signal })),
      failure(canceled),
    ];
    controller.abort(new Error('enough'));
    canceled.cancel();
    await line.pass(1_000);
    expect(await Promise.all(calls)).toMatchObject([
      { name: 'CallTimeoutError' },
      { message: 'enough' },
      { message: 'enough' },
      { name: 'CanceledError' },
    ]);
    line.isDown = false;
    await line.pass(30_000);
    (await line.welcome()).expectNothing();
  });

  test('requests that may not wait do not wait', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    await line.cut();
    expect(await failure(session.call('p', [], { offline: 'fail' }))).toMatchObject({ sent: false });
    expect(await failure(session.publish('t', [], { offline: 'fail' }))).toMatchObject({ sent: false });
    expect(await session.publish('t', [], { offline: 'drop' })).toEqual({});
    await line.pass(250);
    (await line.welcome()).expectNothing();
  });

  test('waiting requests are bounded, and the session reports the bound once', async () => {
    const line = new ScriptedLine();
    const session = await line.connect({ offlineQueue: { max: 2, maxBytes: 2_000 } });
    await line.cut();
    const long = 'x'.repeat(1_500);
    void session.publish('t', [long]);
    expect(await failure(session.call('p', [long]))).toMatchObject({
      name: 'ConnectError',
      uri: 'wamp.error.limit_exceeded',
    });
    void session.publish('t', [1]);
    expect(await failure(session.call('p'))).toBeInstanceOf(ConnectError);
    expect(line.log).toHaveLength(1);
  });

  test('arguments are sent as they were when the call was made', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    await line.cut();
    const args = [{ n: 1 }];
    void session.call('p', args).catch(() => undefined);
    args[0] = { n: 2 };
    await line.pass(250);
    await (await line.welcome()).expect([48, 1, {}, 'p', [{ n: 1 }]]);
  });

  test('a subscription that was asked for is asked for again, and its promise waits', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const subscribing = session.subscribe('t', () => undefined);
    await line.peer.expect([32, 1, {}, 't']);
    await line.cut();
    await line.pass(250);
    const peer = await line.welcome();
    await peer.expect([32, 1, {}, 't']);
    peer.send([33, 1, 7]);
    expect(await subscribing).toMatchObject({ state: 'active', id: 7 });
  });

  test('requests canceled while there is no connection are not sent', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const subscribing = session.subscribe('t');
    line.peer.send([33, 1, 7]);
    const subscription = (await subscribing) as Subscription;
    await line.cut();
    expect(subscription.state).toBe('restoring');
    await subscription.unsubscribe();
    await line.pass(250);
    (await line.welcome()).expectNothing();
    expect(await subscription.ended).toEqual({ reason: 'unsubscribed' });
  });

  test('a running invocation is aborted, and its result is discarded', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    let signal: AbortSignal | undefined;
    let finish: (value: unknown) => void = () => undefined;
    const registering = session.register('p', (_args, invocation) => {
      ({ signal } = invocation);
      return new Promise((resolve) => {
        finish = resolve;
      });
    });
    line.peer.send([65, 1, 7]);
    await registering;
    line.peer.send([68, 1, 7, {}]);
    await line.cut();
    expect(signal?.aborted).toBe(true);
    await line.pass(250);
    const peer = await line.welcome();
    await peer.expect([64, 1, {}, 'p']);
    finish(1);
    await settle();
    peer.expectNothing();
  });
});

describe('restoring', () => {
  /** A session with a procedure whose predecessor holds it. */
  async function held(): Promise<{ line: ScriptedLine; events: unknown[]; refuse: () => Promise<void> }> {
    const line = new ScriptedLine();
    const session = await line.connect();
    const registering = session.register('p', () => 1);
    line.peer.send([65, 1, 7]);
    await registering;
    const events = told(session);
    await line.cut();
    await line.pass(250);
    await line.welcome();
    const refuse = async (): Promise<void> => {
      const [type, id] = (await line.peer.next()) as [number, number];
      expect(type).toBe(64);
      line.peer.send([8, 64, id, {}, 'wamp.error.procedure_already_exists']);
      await settle();
    };
    return { line, events, refuse };
  }

  test('repeats REGISTER for 30 s while the previous session still holds the procedure', async () => {
    const { line, events, refuse } = await held();
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 14_500]) {
      await refuse();
      await line.pass(pause - 1);
      line.peer.expectNothing();
      await line.pass(1);
    }
    expect(events).not.toContainEqual(['restored', 0, 0, 1]);
    await refuse();
    expect(events).toContainEqual(['restored', 0, 0, 1]);
    expect(line.log).toHaveLength(1);
  });

  test.each(['authorization_failed', 'unavailable'])(
    'D1 repeats REGISTER and SUBSCRIBE for as long as they are answered with %s, which may pass',
    async (name) => {
      const line = new ScriptedLine();
      const session = await line.connect({ keepAlive: false });
      const attaching = [session.register('p', () => 1), session.subscribe('t', () => undefined)];
      line.peer.send([65, 1, 7]);
      line.peer.send([33, 2, 8]);
      await Promise.all(attaching);
      const events = told(session);
      await line.cut();
      await line.pass(250);
      await line.welcome();
      for (let attempt = 0; attempt < 20; attempt += 1) {
        for (const type of [64, 32]) {
          const [sent, id] = (await line.peer.next()) as [number, number];
          expect(sent).toBe(type);
          line.peer.send([8, type, id, {}, `wamp.error.${name}`]);
        }
        await settle();
        await line.pass(30_000);
      }
      line.peer.send([65, Number((await line.peer.next())[1]), 9]);
      line.peer.send([33, Number((await line.peer.next())[1]), 10]);
      await settle();
      expect(events).toContainEqual(['restored', 1, 1, 0]);
      expect(line.log).toEqual([]);
      await line.close(session);
      expect(line.clock.pending).toBe(0);
    },
  );

  test('D1 a new handle is not asked for again: its caller decides', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const registering = session.register('p', () => 1);
    line.peer.send([8, 64, 1, {}, 'wamp.error.authorization_failed']);
    await expect(registering).rejects.toMatchObject({ uri: 'wamp.error.authorization_failed' });
  });

  test('is registered when the previous session has ended', async () => {
    const { line, events, refuse } = await held();
    await refuse();
    await line.pass(500);
    const [, id] = (await line.peer.next()) as [number, number];
    line.peer.send([65, id, 9]);
    expect(events).toContainEqual(['restored', 1, 0, 0]);
  });
});

describe('authentication on another connection', () => {
  test('a token that is refused is fetched again, once, with the refusal at hand', async () => {
    const line = new ScriptedLine();
    const contexts: AuthContext[] = [];
    const auth = {
      method: 'ticket',
      hello: (context: AuthContext) => {
        contexts.push(context);
        return {};
      },
    };
    const session = await line.connect({ auth });
    await line.cut();
    await line.pass(250);
    await line.peer.next();
    line.peer.send([3, {}, 'wamp.error.authentication_denied']);
    await settle();
    await line.pass(0);
    expect(contexts[2]?.previousFailure).toBeInstanceOf(AuthError);
    await line.peer.next();
    line.peer.send([3, {}, 'wamp.error.authentication_denied']);
    expect((await session.closed).error).toBeInstanceOf(AuthError);
    expect(line.clock.pending).toBe(0);
  });

  test.each(['unavailable', 'authentication_failed'])(
    'D1 a session goes on trying while the router cannot check credentials: %s',
    async (name) => {
      const line = new ScriptedLine();
      const session = await line.connect({ auth: ticket('joe', 'secret') });
      await line.cut();
      for (let attempt = 0; attempt < 20; attempt += 1) {
        await line.pass(30_000);
        expect((await line.peer.next())[0]).toBe(1);
        line.peer.send([3, {}, `wamp.error.${name}`]);
        await settle();
        expect(session.state).toBe('reconnecting');
      }
      await line.pass(30_000);
      await line.welcome();
      expect(session.state).toBe('open');
    },
  );

  test('an authenticator that throws is asked again later, unless it throws an AuthError', async () => {
    const line = new ScriptedLine();
    let thrown: Error | undefined;
    const auth = {
      method: 'ticket',
      hello: () => {
        if (thrown !== undefined) throw thrown;
        return {};
      },
    };
    const session = await line.connect({ auth });
    thrown = new Error('the token service is away');
    await line.cut();
    await line.pass(250);
    await line.pass(500);
    expect(session.state).toBe('reconnecting');
    thrown = new AuthError('wamp.error.authentication_failed', ['no such user'], true);
    await line.pass(1_000);
    expect(await session.closed).toMatchObject({ reason: 'wamp.error.authentication_failed' });
  });
});

describe('createSession', () => {
  test('may be used before there is a connection, and waits for the first as for any other', async () => {
    const line = new ScriptedLine();
    line.isDown = true;
    const session = line.create();
    const results = [session.call('p'), session.subscribe('t', () => undefined), session.ready];
    await settle();
    expect(session.state).toBe('reconnecting');
    line.isDown = false;
    await line.pass(250);
    const peer = await line.welcome();
    await peer.expect([32, 1, {}, 't']);
    await peer.expect([48, 2, {}, 'p']);
    peer.send([33, 1, 7]);
    peer.send([50, 2, {}, [1]]);
    expect(await Promise.all(results)).toMatchObject([1, { id: 7 }, session]);
  });

  test('connect rejects at once when the router is not there, unless it is to wait', async () => {
    const line = new ScriptedLine();
    line.isDown = true;
    expect(await failure(connect('ws://a/', line.options))).toMatchObject({
      uri: 'wamp.error.network_failure',
    });
    expect(line.clock.pending).toBe(0);
    const waiting = connect('ws://a/', {
      ...line.options,
      reconnect: { waitForFirst: true, jitter: 'none' },
    });
    await settle();
    line.isDown = false;
    await line.pass(250);
    await line.welcome();
    expect((await waiting).state).toBe('open');
  });

  test('what will never be fails what waits', async () => {
    const line = new ScriptedLine();
    const session = line.create();
    const call = failure(session.call('p'));
    await settle();
    await line.peer.next();
    line.peer.send([3, {}, 'wamp.error.no_such_realm']);
    expect(await call).toMatchObject({ uri: 'wamp.error.no_such_realm', sent: false });
    expect(await failure(session.ready)).toBeInstanceOf(ConnectError);
    expect(await failure(session.subscribe('t'))).toMatchObject({ sent: false });
    expect(line.clock.pending).toBe(0);
  });

  test('a lazy one connects when it is needed, and leaves when it is not', async () => {
    const line = new ScriptedLine();
    const session = line.create({ lazy: { closeAfter: 60_000 }, keepAlive: false });
    await line.pass(60_000);
    expect([session.state, line.tried]).toEqual(['idle', []]);
    const call = session.call('p');
    const peer = await line.welcome();
    peer.send([50, 1, {}, [1]]);
    expect(await call).toBe(1);
    await peer.next();
    await line.pass(60_000);
    expect(session.state).toBe('open');
    await line.pass(60_000);
    expect(session.state).toBe('idle');
    await peer.expect([6, {}, 'wamp.close.close_realm']);
    const again = session.call('p');
    await line.welcome();
    line.peer.send([50, 1, {}, [2]]);
    expect(await again).toBe(2);
  });
});

describe('what the application may do', () => {
  test('reconnect does not wait for the next attempt, and replaces an open connection', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    line.isDown = true;
    await line.cut();
    line.isDown = false;
    session.reconnect();
    await line.welcome();
    expect(session.state).toBe('open');
    const before = line.peer;
    const call = failure(session.call('p'));
    session.reconnect();
    expect(before.closed).toBe(true);
    expect(await call).toMatchObject({ sent: true });
    await line.welcome();
    expect(session.state).toBe('open');
  });

  test('close ends it in every state, and nothing is left', async () => {
    const states: (() => Promise<readonly [ScriptedLine, ReturnType<ScriptedLine['create']>]>)[] = [
      () => {
        const line = new ScriptedLine();
        return Promise.resolve([line, line.create({ lazy: true })]);
      },
      async () => {
        const line = new ScriptedLine();
        const session = line.create();
        await settle();
        return [line, session];
      },
      async () => {
        const line = new ScriptedLine();
        const session = await line.connect();
        await line.cut();
        return [line, session];
      },
      async () => {
        const line = new ScriptedLine();
        const session = await line.connect();
        await line.cut();
        await line.pass(250);
        return [line, session];
      },
    ];
    for (const state of states) {
      const [line, session] = await state();
      const waiting = session.state === 'idle' ? undefined : failure(session.call('p'));
      const ready = session.state === 'idle' ? undefined : failure(session.ready);
      await session.close();
      expect(await session.closed).toEqual({ reason: 'wamp.close.close_realm' });
      for (const error of await Promise.all([waiting, ready]))
        if (error !== undefined) expect(error).toMatchObject({ sent: false });
      await settle();
      expect(line.clock.pending).toBe(0);
      expect(line.log).toEqual([]);
    }
  });

  test('drain lets what runs finish, on both sides, before it says GOODBYE', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    let finish: (value: unknown) => void = () => undefined;
    const registering = session.register('p', () => new Promise((resolve) => (finish = resolve)));
    const { peer } = line;
    await peer.next();
    peer.send([65, 1, 7]);
    await registering;
    peer.send([68, 1, 7, {}]);
    const call = session.call('q');
    await peer.next();
    const draining = session.drain();
    await peer.expect([66, 3, 7]);
    peer.send([67, 3]);
    await line.pass(100);
    peer.expectNothing();
    finish('done');
    await settle();
    await peer.expect([70, 1, {}, ['done']]);
    peer.send([50, 2, {}, ['mine']]);
    expect(await call).toBe('mine');
    await line.pass(10);
    await peer.expect([6, {}, 'wamp.close.close_realm']);
    peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await draining;
    expect(line.clock.pending).toBe(0);
  });

  test('status iterates all events, and ends with the session', async () => {
    const line = new ScriptedLine();
    const session = await line.connect();
    const types: string[] = [];
    const following = (async () => {
      for await (const { type } of session.status()) types.push(type);
    })();
    await line.cut();
    await line.pass(250);
    await line.welcome();
    void session.close();
    line.peer.send([6, {}, 'wamp.close.goodbye_and_out']);
    await following;
    expect(types).toEqual(['state', 'lost', 'retry', 'state', 'restored', 'open', 'state', 'state', 'close']);
  });
});

test('D1 testaments are left again on each connection, but for those that were taken back', async () => {
  const line = new ScriptedLine();
  const session = await line.connect();
  const adding = [
    addTestament(session, 'presence.left', ['joe']),
    addTestament(session, 'presence.gone', ['joe'], { scope: 'detached' }),
  ];
  const [left, gone] = [
    [['presence.left', ['joe'], {}], { scope: 'destroyed' }],
    [['presence.gone', ['joe'], {}], { scope: 'detached' }],
  ];
  /** The next testament that the router is left, and the answer to it. */
  const next = async (): Promise<unknown> => {
    const [, request, , procedure, args, kwargs = { scope: 'destroyed' }] = await line.peer.next();
    line.peer.send([50, request, {}]);
    return procedure === 'wamp.session.add_testament' ? [args, kwargs] : procedure;
  };
  expect([await next(), await next()]).toEqual([left, gone]);
  await Promise.all(adding);
  await line.cut();
  await line.pass(250);
  await line.welcome();
  expect([await next(), await next()]).toEqual([left, gone]);
  const flushing = flushTestaments(session);
  expect(await next()).toBe('wamp.session.flush_testaments');
  await flushing;
  await line.cut();
  await line.pass(500);
  await line.welcome();
  expect(await next()).toEqual(gone);
  line.peer.expectNothing();
});
