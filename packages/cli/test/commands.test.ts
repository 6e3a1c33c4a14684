/** What each command does, against a router on a port of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { result, WampError, type Invocation, type Session } from '@wamp/client';
import { defaultFeatures } from '../../router/src/index.ts';
import { bare } from '../src/output/style.ts';
import { Place } from './support/place.ts';

let place: Place;
let other: Session;

beforeAll(async () => {
  const history = [{ topic: 'com.kept', depth: 10 }] as const;
  place = await Place.open({ realms: ['realm1'], features: defaultFeatures({ history }) });
  other = await place.join();
});
afterAll(async () => {
  await other.close();
  await place[Symbol.asyncDispose]();
});

/** Lines of JSON, as values. */
function values(text: string): unknown[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);
}

/** How many topics have subscribers. */
function subscribedTopics(): number {
  const metric = place.router.metrics.read().find(({ name }) => name === 'wamp_subscriptions');
  return metric?.kind === 'gauge' ? (metric.samples[0]?.value ?? 0) : 0;
}

async function json(...words: string[]): Promise<unknown[]> {
  const { exit, stdout, stderr } = await place.wamp(words);
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
  return values(stdout);
}

async function failing(exit: number, ...words: string[]): Promise<string> {
  const outcome = await place.wamp(words);
  expect(outcome).toMatchObject({ exit, stdout: '' });
  return outcome.stderr;
}

describe('call', () => {
  beforeAll(async () => {
    await other.register('com.echo', (_args, { args, kwargs }: Invocation) => result(args, kwargs));
    await other.register('com.count', async function* () {
      yield 1;
      yield 2;
      return await Promise.resolve(3);
    });
    await other.register('com.fail', () => {
      throw new WampError('com.example.no_stock', ['sold out', 7], { item: 'pencil' });
    });
  });

  test('writes the one value of a result', async () => {
    expect(await json('call', 'com.echo', '2')).toEqual([2]);
    expect(await json('call', 'com.echo')).toEqual([null]);
  });

  test('takes arguments that are JSON as JSON, and others as text', async () => {
    const words = ['call', 'com.echo', '-3', 'true', '[1,"a"]', 'two words', '{"a":null}'];
    expect(await json(...words)).toEqual([
      { args: [-3, true, [1, 'a'], 'two words', { a: null }], kwargs: {} },
    ]);
    expect(await json('call', 'com.echo', '--text', '2')).toEqual(['2']);
  });

  test('takes keyword arguments one by one, or all at once', async () => {
    expect(await json('call', 'com.echo', '-k', 'a=1', '--kw', 'b=x=y', '--kwargs', '{"c":[]}')).toEqual([
      { args: [], kwargs: { a: 1, b: 'x=y', c: [] } },
    ]);
    expect(await json('call', 'com.echo', '--args', '[1,2]')).toEqual([{ args: [1, 2], kwargs: {} }]);
  });

  test('writes progressive results when told to', async () => {
    expect(await json('call', 'com.count')).toEqual([3]);
    expect(await json('call', 'com.count', '--progress')).toEqual([1, 2, 3]);
  });

  test('writes text without quotes when told to, and everything with --full', async () => {
    const { stdout } = await place.wamp(['call', 'com.echo', 'a "b"', '--raw']);
    expect(stdout).toBe('a "b"\n');
    expect(await json('call', 'com.echo', '1', '--full')).toEqual([{ args: [1], kwargs: {}, details: {} }]);
  });

  test('tells the error of the procedure: its URI, what it says, and its arguments', async () => {
    const stderr = await failing(7, 'call', 'com.fail');
    expect(stderr).toBe(
      'wamp: com.example.no_stock: sold out (procedure com.fail)\n  args: [7]\n  kwargs: {"item":"pencil"}\n',
    );
    const told = await failing(7, 'call', 'com.fail', '--output', 'json');
    expect(JSON.parse(told)).toEqual({
      exit: 7,
      uri: 'com.example.no_stock',
      message: 'sold out (procedure com.fail)',
      args: [7],
      kwargs: { item: 'pencil' },
    });
  });

  test('never loses digits: what JSON cannot carry needs another serializer', async () => {
    const big = '9007199254740993';
    expect(await failing(2, 'call', 'com.echo', big)).toContain('--serializer msgpack or cbor');
    const { stdout } = await place.wamp(['call', 'com.echo', big, '--serializer', 'cbor', '--timeout', '5s']);
    // The callee speaks JSON, which has no form for it.
    expect(stdout).toBe('');
  });

  test('writes nothing that steers a terminal', async () => {
    const { stdout } = await place.wamp(['call', 'com.echo', '"\\u009b2J\\u202e"', '--raw'], {
      terminal: true,
    });
    expect(stdout).toBe('\\u009b2J\\u202e\n');
  });
});

describe('publish and subscribe', () => {
  test('an event goes from the one to the other', async () => {
    const listening = place.start(['subscribe', 'com.a', 'com.b', '--count', '2']);
    await expect.poll(() => other.call('wamp.subscription.lookup', ['com.b'])).toEqual(expect.any(Number));
    const [published] = await json('publish', 'com.b', 'hello', '-k', 'n=1');
    await json('publish', 'com.a', '2');
    const { exit, stdout } = await listening.ended;
    expect(exit).toBe(0);
    const [first, second, ...more] = values(stdout);
    expect(more).toEqual([]);
    expect(first).toEqual({ ...(published as object), args: ['hello'], kwargs: { n: 1 } });
    expect(second).toMatchObject({ topic: 'com.a', args: [2] });
  });

  test('a pattern tells the topic; on a terminal, events are lines for people with a column of topics', async () => {
    const listening = place.start(['subscribe', 'com.p.', '--match', 'prefix', '--count', '2'], {
      terminal: true,
    });
    const match = { match: 'prefix' };
    await expect
      .poll(() => other.call('wamp.subscription.lookup', ['com.p.', match]))
      .toEqual(expect.any(Number));
    await other.publish('com.p.longer', [1, 'a'], { acknowledge: true });
    await other.publish('com.p.x', [2], { acknowledge: true });
    const { stdout, stderr } = await listening.ended;
    expect(bare(stdout).replaceAll(/^\d\d:\d\d:\d\d/gm, 'now')).toBe(
      'now  com.p.longer  1 "a"\nnow  com.p.x       2\n',
    );
    expect(stderr).toContain('Ctrl-C ends it');
  });

  test('a retained event comes first, and silence is a timeout', async () => {
    await json('publish', 'com.retained', '1', '--retain');
    const [event] = await json('subscribe', 'com.retained', '--retained', '--count', '1');
    expect(event).toMatchObject({ args: [1], retained: true });
    expect(await failing(8, 'subscribe', 'com.silent', '--timeout', '20ms')).toContain(
      'no event of com.silent arrived',
    );
  });

  test('each line of standard input is an event', async () => {
    const listening = place.start(['subscribe', 'com.lines', '--count', '3']);
    await expect
      .poll(() => other.call('wamp.subscription.lookup', ['com.lines']))
      .toEqual(expect.any(Number));
    const outcome = await place.wamp(['publish', 'com.lines', '--lines'], { stdin: '1\n[not json\nlast' });
    expect(values(outcome.stdout)).toEqual([{ topic: 'com.lines', published: 3 }]);
    const { stdout } = await listening.ended;
    expect(values(stdout)).toMatchObject([{ args: [1] }, { args: ['[not json'] }, { args: ['last'] }]);
  });

  test('only those get an event who are meant', async () => {
    const heard: unknown[] = [];
    const subscription = await other.subscribe('com.meant', (args) => heard.push(args[0]));
    await json('publish', 'com.meant', '1', '--exclude', String(other.id));
    await json('publish', 'com.meant', '2', '--eligible', String(other.id));
    await json('publish', 'com.meant', '3', '--eligible-authrole', 'nobody');
    await expect.poll(() => heard).toEqual([2]);
    await subscription.unsubscribe();
  });
});

describe('register', () => {
  /** Offers a procedure, calls it once, and gives what came of both. */
  async function offered(
    words: readonly string[],
    args: unknown[],
    env: Readonly<Record<string, string>> = {},
  ) {
    const running = place.start(['register', 'com.offer', '--count', '1', ...words], { env });
    await expect
      .poll(() => other.call('wamp.registration.lookup', ['com.offer']))
      .toEqual(expect.any(Number));
    const answer: unknown = await other
      .call('com.offer', args)
      .full()
      .then(
        ({ args: given }) => given,
        (error: unknown) => error,
      );
    const outcome = await running.ended;
    expect(outcome.exit).toBe(0);
    return { answer, ...outcome };
  }

  test('without a command, a call gets back what it brings', async () => {
    const { answer, stdout } = await offered([], [1, 'two']);
    expect(answer).toEqual([1, 'two']);
    expect(values(stdout)).toMatchObject([{ procedure: 'com.offer', args: [1, 'two'], result: [1, 'two'] }]);
  });

  test('a command reads the call as JSON, or its argument as text, and writes the result', async () => {
    const { answer } = await offered(['--', 'cat'], [1]);
    expect(answer).toEqual([{ procedure: 'com.offer', args: [1], kwargs: {} }]);
    expect((await offered(['--stdin', 'text', '--', 'tr', 'a-z', 'A-Z'], ['loud'])).answer).toEqual(['LOUD']);
    expect((await offered(['--', 'true'], [])).answer).toEqual([]);
  });

  test('arguments of a call are never words of the command line, and secrets not in its environment', async () => {
    const script = 'echo "$# $WAMP_PROCEDURE ${WAMP_SECRET-none}"';
    const env = { WAMP_SECRET: 's3cret' };
    const { answer } = await offered(['--auth', 'anonymous', '--', 'sh', '-c', script], ['--version'], env);
    expect(answer).toEqual(['0 com.offer none']);
  });

  test('a command that fails is an error for its caller; what it complains of is for us', async () => {
    const { answer, stderr } = await offered(['--', 'sh', '-c', 'echo private >&2; exit 3'], []);
    expect(answer).toMatchObject({
      uri: 'wamp.error.runtime_error',
      args: ['The command ended with exit code 3.'],
    });
    expect(stderr).toBe('private\n');
    expect((await offered(['--', '/no/such/program'], [])).answer).toMatchObject({
      uri: 'wamp.error.runtime_error',
    });
  });

  test('a command that runs too long, or writes too much, is ended', async () => {
    const { answer } = await offered(['--timeout', '50ms', '--', 'sleep', '60'], []);
    expect(answer).toMatchObject({ args: ['The command ran longer than 50 ms.'] });
    const much = await offered(
      ['--', 'sh', '-c', 'while :; do echo 1234567890123456789012345678901234567890; done'],
      [],
    );
    expect(much.answer).toMatchObject({ args: ['The command wrote more than 1048576 bytes.'] });
  });

  test('with --lines, lines are progressive results', async () => {
    const running = place.start([
      'register',
      'com.lines',
      '--count',
      '1',
      '--lines',
      '--',
      'printf',
      '1\\ntwo\\n',
    ]);
    await expect
      .poll(() => other.call('wamp.registration.lookup', ['com.lines']))
      .toEqual(expect.any(Number));
    expect(await json('call', 'com.lines', '--progress')).toEqual([1, 'two', null]);
    await running.ended;
  });
});

describe('history and tail', () => {
  test('history has the latest events, oldest first', async () => {
    for (const number of [1, 2, 3]) await other.publish('com.kept', [number], { acknowledge: true });
    expect(await json('history', 'com.kept', '--limit', '2')).toMatchObject([{ args: [2] }, { args: [3] }]);
    expect(await json('history', 'com.kept', '--limit', '2', '--reverse')).toMatchObject([
      { args: [3] },
      { args: [2] },
    ]);
    expect(
      await json('history', 'com.kept', '--since', '1h', '--until', '2999-01-01T00:00:00Z'),
    ).toHaveLength(3);
  });

  test('history says where there is none', async () => {
    expect(await failing(6, 'history', 'com.unknown')).toContain('wamp.error.no_such_subscription');
  });

  test('tail begins with past events and goes on with those that come, each once', async () => {
    const running = place.start(['tail', 'com.kept', '-n', '2']);
    await running.lines(2);
    await other.publish('com.kept', [4], { acknowledge: true });
    await running.lines(3);
    running.interrupt();
    const { exit, stdout } = await running.ended;
    expect(exit).toBe(0);
    expect(values(stdout)).toMatchObject([{ args: [2] }, { args: [3] }, { args: [4] }]);
  });

  test('tail without a topic tells what happens in the realm', async () => {
    const before = subscribedTopics();
    const running = place.start(['tail']);
    await expect.poll(subscribedTopics).toBe(before + 10);
    const guest = await place.join();
    await guest.register('com.guest', () => undefined);
    await guest.close();
    // Joined; created, registered; unregistered, deleted, left.
    await running.lines(6);
    running.interrupt();
    const { stdout } = await running.ended;
    expect(values(stdout)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ event: 'session_joined' }),
        expect.objectContaining({ event: 'registration_created', uri: 'com.guest' }),
        expect.objectContaining({ event: 'session_left' }),
      ]),
    );
  });
});

describe('looking around', () => {
  test('sessions: all, or one', async () => {
    const all = await json('sessions');
    expect(all).toContainEqual(expect.objectContaining({ session: other.id }));
    const [one] = await json('sessions', String(other.id));
    expect(one).toMatchObject({ session: other.id, authid: other.authid });
    expect(await failing(6, 'sessions', '1')).toContain('wamp.error.no_such_session');
    expect(await json('sessions', '--role', 'nobody')).toEqual([]);
  });

  test('registrations: all, or the one for a procedure', async () => {
    await other.register('com.listed.', () => undefined, { match: 'prefix', invoke: 'roundrobin' });
    expect(await json('registrations')).toContainEqual(
      expect.objectContaining({ uri: 'com.listed.', match: 'prefix', invoke: 'roundrobin', callees: 1 }),
    );
    expect(await json('registrations', 'com.listed.x')).toMatchObject([{ uri: 'com.listed.' }]);
    expect(await failing(6, 'registrations', 'com.nobody')).toContain('no registration matches com.nobody');
  });

  test('subscriptions: all, or those for a topic; a table on a terminal, which says when it is not whole', async () => {
    const subscription = await other.subscribe('com.listed', () => undefined);
    expect(await json('subscriptions', 'com.listed')).toMatchObject([{ uri: 'com.listed', subscribers: 1 }]);
    const { stdout, stderr } = await place.wamp(['subscriptions', '--limit', '1'], { terminal: true });
    expect(bare(stdout)).toMatch(/^ID +URI +MATCH +SUBSCRIBERS +SINCE\n\d+ +com\.\S+ +exact +\d+ +2\S+Z\n$/);
    expect(stderr).toMatch(/^wamp: 1 of \d+; --limit \d+ lists all\n$/);
    await subscription.unsubscribe();
  });

  test('top: a line for each reading, or a picture that goes when q is pressed', async () => {
    const [first, second] = await json('top', '--count', '2', '--interval', '10ms');
    expect(first).toMatchObject({ per_second: null, registrations: expect.any(Number) as number });
    expect(second).toMatchObject({ per_second: { calls: expect.any(Number) as number } });
    const running = place.start(['top'], { terminal: true });
    await running.lines(12);
    running.type('q');
    const { exit, stdout } = await running.ended;
    expect(exit).toBe(0);
    expect(stdout.startsWith('\u001b[?1049h')).toBe(true);
    expect(stdout.endsWith('\u001b[?1049l')).toBe(true);
    expect(bare(stdout)).toContain(`realm1 at ${place.url}`);
    expect(bare(stdout)).toMatch(/\b1 session |\b(?!1 )\d+ sessions /);
  });

  test('ping: an answer is an answer', async () => {
    expect(await json('ping', '--count', '2', '--interval', '1ms')).toMatchObject([{ seq: 1 }, { seq: 2 }]);
    const running = place.start(['ping', '--interval', '1ms'], { terminal: true });
    await running.lines(2);
    running.interrupt();
    const { exit, stdout } = await running.ended;
    expect(exit).toBe(0);
    expect(bare(stdout)).toMatch(/\d+ sent, \d+ answered; min\/avg\/p99\/max = [\d./]+ ms\n$/);
  });

  test.each([
    ['rpc', ['--callers', '2']],
    ['pubsub', ['--subscribers', '2']],
    ['join', []],
  ])('bench %s counts what was done', async (name, words) => {
    const [report] = await json('bench', name, '--count', '20', '--window', '4', ...words);
    expect(report).toMatchObject({ bench: name, count: name === 'pubsub' ? 40 : 20, lost: 0 });
  });

  test('bench shows how far it is on a terminal, and Ctrl-C ends it with what there is', async () => {
    const running = place.start(['bench', 'rpc', '--duration', '1h'], { terminal: true });
    await expect.poll(() => other.call('wamp.registration.match', ['com.example.none'])).toBe(null);
    running.interrupt();
    expect((await running.ended).exit).toBe(130);
  });
});
