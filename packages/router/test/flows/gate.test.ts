/** Conversations with a router that asks whether one may (checklist §2.30, T-24, T-41). */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRouter, type Asker, type Authorizer, type AuthorizerAnswer } from '@wamp/router';
import { converse, ManualClock, type ConversationOptions } from '@wamp/router/testing';
import { describe, expect, test, vi } from 'vitest';
import { Client, settle } from '../support/client.ts';
import { coreOf } from '../support/core.ts';

type Answer = AuthorizerAnswer | Promise<AuthorizerAnswer>;

function asking(authorize: (uri: string, action: string) => Answer): ConversationOptions {
  const authorizer: Authorizer = { authorize: (_principal, action, uri) => authorize(uri, action) };
  return { router: { authorizer } };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes of buffers, after garbage collection. */
function external(): number {
  collect();
  return process.memoryUsage().external;
}

/** A promise that is kept when `later` lets go of it. */
class Patience {
  readonly #waiting: (() => void)[] = [];

  verdict(value: boolean): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        resolve(value);
      });
    });
  }

  /** Settles the oldest question. */
  next(): void {
    this.#waiting.shift()?.();
  }
}

/** What each action looks like when it is refused. */
const REFUSALS = (error: string): string => `
  client → [48, 1, {}, "com.closed"]
  client ← [8, 48, 1, {}, "${error}", *]
  client → [64, 2, {}, "com.closed"]
  client ← [8, 64, 2, {}, "${error}", *]
  client → [32, 3, {}, "com.closed"]
  client ← [8, 32, 3, {}, "${error}", *]
  client → [16, 4, {"acknowledge": true}, "com.closed"]
  client ← [8, 16, 4, {}, "${error}", *]
  client → [16, 5, {}, "com.closed"]
  client ← nothing
  client → [64, 6, {}, "com.open"]
  client ← [65, 6, *]
  client → [32, 7, {}, "com.open"]
  client ← [33, 7, *]
  client → [16, 8, {"acknowledge": true}, "com.open"]
  client ← [17, 8, *]`;

describe('denied', () => {
  test('AZN-1 AZN-2 T-24 PUB-1 not_authorized for each action, silence for an unacknowledged PUBLISH', () =>
    converse(
      REFUSALS('wamp.error.not_authorized'),
      asking((uri) => uri === 'com.open'),
    ));

  test('AZN-2 T-24 T-41 the same when the verdict takes a while', () =>
    converse(
      REFUSALS('wamp.error.not_authorized'),
      asking((uri) => Promise.resolve(uri === 'com.open')),
    ));

  test('AZN-2 T-24 authorization_failed when the authorizer throws', () =>
    converse(
      REFUSALS('wamp.error.authorization_failed'),
      asking((uri) => {
        if (uri === 'com.open') return true;
        throw new Error('the directory is down');
      }),
    ));

  test('AZN-2 T-24 authorization_failed when the authorizer throws no error', () =>
    converse(
      REFUSALS('wamp.error.authorization_failed'),
      asking((uri) => {
        if (uri === 'com.open') return true;
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a careless authorizer may do
        throw 'the directory is down';
      }),
    ));

  test('AZN-2 T-24 authorization_failed when the authorizer rejects', () =>
    converse(
      REFUSALS('wamp.error.authorization_failed'),
      asking((uri) => (uri === 'com.open' ? true : Promise.reject(new Error('the directory is down')))),
    ));

  test.each([
    undefined,
    null,
    0,
    1,
    '',
    'true',
    'yes',
    [],
    [true],
    {},
    { allow: 1 },
    { allow: 'true' },
    { allow: null },
    { disclose: true },
    { allow: true, disclose: 'no' },
    { allow: true, cache: 1 },
    { allow: true, validate: {} },
    { allow: true, until: 'tomorrow' },
    { allow: true, Allow: false },
  ])('AZN-2 T-24 authorization_failed when the authorizer says %j', async (garbage) => {
    const say = (uri: string): Answer => (uri === 'com.open' ? true : (garbage as unknown as boolean));
    await converse(REFUSALS('wamp.error.authorization_failed'), asking(say));
    await converse(
      REFUSALS('wamp.error.authorization_failed'),
      asking((uri) => Promise.resolve(say(uri))),
    );
  });

  test.each([{ allow: true }, { allow: true, disclose: false, cache: true, validate: null }])(
    'AZN-2 T-27 an answer permits: %j',
    (answer) =>
      converse(
        REFUSALS('wamp.error.not_authorized'),
        asking((uri) => (uri === 'com.open' ? answer : { ...answer, allow: false })),
      ),
  );

  test('AZN-2 T-24 authorization_failed when an answer cannot be read', () => {
    const unreadable = {
      get allow(): boolean {
        throw new Error('not here');
      },
    };
    return converse(
      REFUSALS('wamp.error.authorization_failed'),
      asking((uri) => (uri === 'com.open' ? true : unreadable)),
    );
  });

  test('AZN-2 an authorizer that fails is logged, at most ten times a second', async () => {
    const clock = new ManualClock();
    const log = vi.fn();
    const error = new Error('the directory is down');
    const authorizer: Authorizer = { authorize: () => Promise.reject(error) };
    const client = await Client.join(createRouter({ realms: ['realm1'], authorizer, clock, log }));
    for (let request = 1; request <= 100; request += 1) client.send([16, request, {}, 'com.topic']);
    await settle();
    clock.advance(1000);
    await client.say([48, 101, {}, 'com.work']);
    const expected = {
      code: 'authorization_denied',
      realm: 'realm1',
      session: expect.any(Number) as number,
      error,
    };
    const publishing = { ...expected, action: 'publish', uri: 'com.topic' };
    expect(log.mock.calls.filter(([level]) => level === 'warn')).toEqual([
      ...Array.from({ length: 10 }, () => ['warn', 'authorization failed', publishing]),
      ['warn', 'authorization failed', { code: 'log_entries_suppressed', unmentioned: 90 }],
      ['warn', 'authorization failed', { ...expected, action: 'call', uri: 'com.work' }],
    ]);
  });

  test('AZN-2 PUB-1 denied requests are counted, even if they are not answered', () =>
    converse(
      `
      client → [16, 1, {}, "com.closed"]
      client → [16, 2, {}, "com.closed"]
      client → [64, 3, {}, "com.closed"]
      client ← [8, 64, 3, {}, "wamp.error.not_authorized", *]
      client → [48, 4, {}, "wamp.metrics.get"]
      client ← [50, 4, {}, [{"requests_denied": 3, "by_type": {"denied": {"PUBLISH": 2, "REGISTER": 1}, ...}, ...}]]
    `,
      asking((uri) => uri !== 'com.closed'),
    ));

  test('AZN-2 of an endless URI not all is repeated', async () => {
    const authorizer: Authorizer = { authorize: () => false };
    const client = await Client.join(createRouter({ realms: ['realm1'], authorizer }));
    await client.say([48, 1, {}, 'a'.repeat(100_000)]);
    expect(JSON.stringify(client.heard).length).toBeLessThan(300);
  });

  test('AZN-2 T-24 authorization_failed when the authorizer never says anything', () =>
    converse(
      `
      client → [48, 1, {}, "com.closed"]
      client → [48, 2, {}, "com.open"]
      client ← nothing
      clock +60000
      client ← [8, 48, 1, {}, "wamp.error.authorization_failed", *]
      client ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
    `,
      asking((uri) => uri === 'com.open' || new Promise(() => undefined)),
    ));

  test('AZN-2 what is denied does not happen', () =>
    converse(
      `
      callee → [64, 1, {}, "com.both"]
      callee ← [65, 1, $both]
      callee → [32, 2, {}, "com.both"]
      callee ← [33, 2, *]
      guest → [48, 1, {}, "com.both"]
      guest ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      guest → [16, 2, {}, "com.both"]
      guest → [16, 3, {"acknowledge": true}, "com.both"]
      guest ← [8, 16, 3, {}, "wamp.error.not_authorized", *]
      callee ← nothing
    `,
      asking((_uri, action) => action === 'register' || action === 'subscribe'),
    ));

  test('T-6 CANCEL of a call that was denied is ignored like that of any call that is over', () =>
    converse(
      `
      client → [48, 1, {}, "com.closed"]
      client → [49, 1, {}]
      client ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      client → [49, 1, {"mode": "kill"}]
      client ← nothing
    `,
      asking(() => false),
    ));

  test('PCI-11 PCR-4 a call in parts that was denied is answered once', () =>
    converse(
      `
      client → [48, 1, {"progress": true}, "com.closed", [1]]
      client ← [8, 48, 1, {}, "wamp.error.not_authorized", *]
      client → [48, 1, {"progress": true}, "com.closed", [2]]
      client → [48, 1, {}, "com.closed", [3]]
      client ← nothing
    `,
      asking(() => false),
    ));
});

describe('asked', () => {
  test('AZN-1 who wants to do what, with which options', async () => {
    const heard: unknown[] = [];
    const authorizer: Authorizer = {
      authorize: (principal, action, uri, options) => {
        heard.push([principal.authrole, action, uri, options]);
        return true;
      },
    };
    const client = await Client.join(createRouter({ realms: ['realm1'], authorizer }));
    await client.say(
      [32, 1, { match: 'prefix' }, 'com.topic'],
      [64, 2, { match: 'wildcard', invoke: 'first' }, 'com..x'],
      [16, 3, { retain: true }, 'com.topic.a'],
      [48, 4, { timeout: 5 }, 'com.nothing'],
      [48, 5, {}, 'wamp.session.count'],
    );
    expect(heard).toEqual([
      ['anonymous', 'subscribe', 'com.topic', { match: 'prefix' }],
      ['anonymous', 'register', 'com..x', { match: 'wildcard', invoke: 'first' }],
      ['anonymous', 'publish', 'com.topic.a', { retain: true }],
      ['anonymous', 'call', 'com.nothing', { timeout: 5 }],
      ['anonymous', 'call', 'wamp.session.count', {}],
    ]);
  });

  test('AZN-1 and by whom, where', async () => {
    const heard: Asker[] = [];
    const authorizer: Authorizer = {
      authorize: (principal, _action, _uri, _options, asker) => {
        heard.push(asker);
        return principal === asker.session.principal;
      },
    };
    const router = createRouter({ realms: ['realm1'], authorizer });
    const client = await Client.join(router);
    await client.say([48, 1, {}, 'wamp.session.add_testament', ['com.last', [], {}]]);
    expect(client.heard).toEqual([[50, 1, {}]]);
    const realm = router.realm('realm1');
    const [session] = realm?.sessions.values() ?? [];
    expect(heard).toEqual([
      { realm, session, call: expect.any(Function) as Asker['call'] },
      { realm, session, call: expect.any(Function) as Asker['call'] },
    ]);
  });

  test('AZN-1 answers and ends need no permission', () =>
    converse(
      `
      callee → [64, 1, {}, "com.work"]
      callee ← [65, 1, $work]
      callee → [32, 2, {}, "com.topic"]
      callee ← [33, 2, $topic]
      caller → [48, 1, {}, "com.work"]
      callee ← [68, 1, $work, {}]
      callee → [70, 1, {}]
      caller ← [50, 1, {}]
      caller → [48, 2, {}, "com.work"]
      callee ← [68, 2, $work, {}]
      caller → [49, 2, {"mode": "kill"}]
      callee ← [69, 2, {...}]
      callee → [8, 68, 2, {}, "wamp.error.canceled"]
      caller ← [8, 48, 2, {}, "wamp.error.canceled"]
      callee → [34, 3, $topic]
      callee ← [35, 3]
      callee → [66, 4, $work]
      callee ← [67, 4]
    `,
      asking((uri) => ['com.work', 'com.topic'].includes(uri)),
    ));
});

describe('order while a verdict is awaited', () => {
  test('T-41 ORD-1 ORD-3 the messages of one session keep their order', async () => {
    const patience = new Patience();
    const authorizer: Authorizer = {
      authorize: (_principal, action, uri) =>
        action === 'subscribe' || (uri.startsWith('com.slow') ? patience.verdict(true) : true),
    };
    const router = createRouter({ realms: ['realm1'], authorizer });
    const subscriber = await Client.join(router);
    await subscriber.say([32, 1, { match: 'prefix' }, 'com.']);
    subscriber.heard.length = 0;
    const publisher = await Client.join(router);
    await publisher.say(
      [16, 1, {}, 'com.fast.1', [1]],
      [16, 2, {}, 'com.slow.2', [2]],
      [16, 3, {}, 'com.fast.3', [3]],
      [16, 4, {}, 'com.slow.4', [4]],
      [16, 5, {}, 'com.slow.5', [5]],
      [16, 6, {}, 'com.fast.6', [6]],
    );
    const heard = (): unknown[] => subscriber.heard.map((message) => (message[4] as unknown[])[0]);
    expect(heard()).toEqual([1]);
    patience.next();
    await settle();
    expect(heard()).toEqual([1, 2, 3]);
    await publisher.say([16, 7, {}, 'com.fast.7', [7]]);
    expect(heard()).toEqual([1, 2, 3]);
    patience.next();
    await settle();
    expect(heard()).toEqual([1, 2, 3, 4]);
    patience.next();
    await settle();
    expect(heard()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('T-41 one session does not wait for another', () => {
    const patience = new Patience();
    return converse(
      `
      slow → [32, 1, {}, "com.slow"]
      fast → [32, 1, {}, "com.fast"]
      fast ← [33, 1, *]
      slow ← nothing
      fast → [32, 2, {}, "com.release"]
      fast ← [33, 2, *]
      slow ← [33, 1, *]
    `,
      asking((uri) => {
        if (uri === 'com.release') patience.next();
        return uri === 'com.slow' ? patience.verdict(true) : true;
      }),
    );
  });

  test('T-41 CAN-2 CANCEL does not overtake its CALL', () => {
    const patience = new Patience();
    return converse(
      `
      callee → [64, 1, {}, "com.work"]
      callee ← [65, 1, $work]
      caller → [48, 1, {}, "com.slow"]
      caller → [49, 1, {}]
      caller ← nothing
      callee → [48, 2, {}, "com.release"]
      callee ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      caller ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
    `,
      asking((uri) => {
        if (uri === 'com.release') patience.next();
        return uri === 'com.slow' ? patience.verdict(true) : true;
      }),
    );
  });

  test('T-41 SES-9 GOODBYE does not overtake what was said before it', () => {
    const patience = new Patience();
    return converse(
      `
      subscriber → [32, 1, {}, "com.slow"]
      subscriber ← [33, 1, $topic]
      publisher → [16, 1, {}, "com.slow", ["last words"]]
      publisher → [6, {}, "wamp.close.close_realm"]
      subscriber → [32, 2, {}, "com.release"]
      subscriber ← [33, 2, *]
      subscriber ← [36, $topic, *, {}, ["last words"]]
      publisher ← [6, {}, "wamp.close.goodbye_and_out"]
      publisher ← closed
    `,
      asking((uri, action) => {
        if (uri === 'com.release') patience.next();
        return uri === 'com.slow' && action === 'publish' ? patience.verdict(true) : true;
      }),
    );
  });

  test('T-41 VIO-1 a violation behind an awaited verdict ends the session at once', () => {
    const patience = new Patience();
    return converse(
      `
      witness → [32, 1, {}, "com.slow"]
      witness ← [33, 1, *]
      client → [16, 1, {}, "com.slow"]
      client → [2, 1, {"roles": {"broker": {}}}]
      witness → [32, 2, {}, "com.release"]
      witness ← [33, 2, *]
      client ← [3, {...}, "wamp.error.protocol_violation"]
      client ← closed
      witness → [48, 3, {}, "wamp.session.count"]
      witness ← [50, 3, {}, [1]]
    `,
      asking((uri, action) => {
        if (uri === 'com.release') {
          patience.next();
          patience.next();
        }
        return uri === 'com.slow' && action === 'publish' ? patience.verdict(false) : true;
      }),
    );
  });

  test('T-41 a verdict for a session that has gone changes nothing', () => {
    const patience = new Patience();
    return converse(
      `
      client → [64, 1, {}, "com.slow"]
      client ← nothing
      client → closed
      other → [48, 1, {}, "com.release"]
      other ← [8, 48, 1, {}, "wamp.error.no_such_procedure"]
      other → [48, 2, {}, "com.slow"]
      other ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      other → [48, 3, {}, "wamp.session.count"]
      other ← [50, 3, {}, [1]]
    `,
      asking((uri, action) => {
        if (uri === 'com.release') patience.next();
        return uri === 'com.slow' && action === 'register' ? patience.verdict(true) : true;
      }),
    );
  });

  test.each([
    ['GOODBYE', [6, {}, 'wamp.close.close_realm']],
    ['a violation', [70, 99, {}]],
  ])('T-41 VIO-1 what waits behind %s is not even judged', async (_what, end) => {
    const patience = new Patience();
    const asked: string[] = [];
    const authorizer: Authorizer = {
      authorize: (_principal, _action, uri) => {
        asked.push(uri);
        return patience.verdict(true);
      },
    };
    const clock = new ManualClock();
    const client = await Client.join(createRouter({ realms: ['realm1'], authorizer, clock }));
    const idle = clock.pending;
    await client.say([16, 1, {}, 'com.one'], end, [16, 2, {}, 'com.two']);
    patience.next();
    await settle();
    expect(client.closed).toBe(true);
    expect(asked).toEqual(['com.one']);
    expect(clock.pending).toBe(idle);
  });

  test('T-41 what waits survives a transport that uses its buffer again', async () => {
    const patience = new Patience();
    const authorizer: Authorizer = {
      authorize: (_principal, action) => (action === 'publish' ? patience.verdict(true) : true),
    };
    const router = createRouter({ realms: ['realm1'], authorizer });
    const subscriber = await Client.join(router);
    await subscriber.say([32, 1, {}, 'com.topic']);
    const publisher = await Client.join(router);
    const frames = ['one', 'two'].map((word, index) =>
      new TextEncoder().encode(`[16, ${index + 1}, {}, "com.topic", ["${word}"]]`),
    );
    for (const frame of frames) publisher.transport.send(frame);
    await settle();
    for (const frame of frames) frame.fill(0x20);
    patience.next();
    await settle();
    patience.next();
    await settle();
    expect(subscriber.heard.slice(1).map((message) => message[4])).toEqual([['one'], ['two']]);
  });

  test('A1 while a verdict is awaited, nothing more is read once much waits, and all of it is heard later', async () => {
    const patience = new Patience();
    const authorizer: Authorizer = {
      authorize: (_who, action) => action !== 'publish' || patience.verdict(true),
    };
    const router = createRouter({ realms: ['realm1'], authorizer });
    const client = await Client.join(router);
    const text = 'x'.repeat(1000);
    for (let request = 1; request <= 20_000; request += 1)
      client.send([16, request, {}, 'com.topic', [text]]);
    await settle(router);
    const { undecided } = router.realm('realm1')?.kept ?? {};
    expect(undecided?.used).toBeGreaterThan(512 * 1024);
    expect(undecided?.used).toBeLessThan(600 * 1024);
    expect([client.heard, client.closed]).toEqual([[], false]);
  });

  test('A1 where reading cannot pause, a session that piles up messages is ended', async () => {
    const authorizer: Authorizer = { authorize: () => new Promise(() => undefined) };
    const router = createRouter({
      realms: ['realm1'],
      authorizer,
      quotas: { undecidedBytes: 100_000 },
    });
    const client = await Client.join(router);
    for (let request = 1; request <= 1000; request += 1) client.send([16, request, {}, 'com.topic']);
    await settle();
    expect(client.heard).toEqual([[3, expect.anything(), 'wamp.error.limit_exceeded']]);
    expect(client.closed).toBe(true);
    const { limited, kept } = router.realm('realm1') ?? {};
    expect(limited?.toObject()).toEqual({ undecided_messages: 1 });
    expect(kept?.undecided.used).toBe(0);
  });

  test('A1 a session is not ended for what others keep: its requests are refused, and the rest keeps its place', async () => {
    let decide = (_permit: boolean): void => undefined;
    const authorizer: Authorizer = {
      authorize: (_principal, action) =>
        action === 'register' || new Promise((resolve) => (decide = resolve)),
    };
    const router = createRouter({ realms: ['realm1'], authorizer, limits: { keptSize: 100_000 } });
    const [client, caller] = [await Client.join(router), await Client.join(router)];
    const kept = router.realm('realm1')?.kept;
    const fill = (): void => {
      const { ofSessions } = coreOf(router).kept;
      expect(ofSessions.reserve(50_000 - ofSessions.used)).toBe(true);
    };
    await client.say([64, 1, {}, 'com.work']);
    await caller.say([48, 1, {}, 'com.work']);
    decide(true);
    await settle();
    client.heard.length = 0;

    await client.say([32, 2, {}, 'com.news']);
    fill();
    client.send([48, 3, {}, 'com.busy']);
    client.send([70, 1, {}, ['done']]);
    await settle();
    expect(client.heard).toEqual([[8, 48, 3, {}, 'wamp.error.limit_exceeded', expect.anything()]]);
    expect(caller.heard).toEqual([]);
    decide(true);
    await settle();
    expect(client.heard.at(-1)).toEqual([33, 2, expect.anything()]);
    expect(caller.heard).toEqual([[50, 1, {}, ['done']]]);
    fill();
    await client.say([48, 4, {}, 'com.work']);
    expect(client.heard.at(-1)).toEqual([8, 48, 4, {}, 'wamp.error.limit_exceeded', expect.anything()]);
    expect([client.closed, kept?.undecided.used]).toEqual([false, 0]);
  });

  test('A1 a session whose requests find no room has one decision pending, and none of the refused messages is kept', async () => {
    let asked = 0;
    const authorizer: Authorizer = {
      authorize: () => {
        asked += 1;
        return new Promise(() => undefined);
      },
    };
    // Time stands still, so that the one decision does not end because nobody made it.
    const clock = new ManualClock();
    const router = createRouter({ realms: ['realm1'], authorizer, clock, limits: { keptSize: 100_000 } });
    const client = await Client.join(router);
    const before = external();
    for (let request = 1; request <= 200; request += 1) {
      await client.say([48, request, {}, 'com.busy', ['x'.repeat(500_000)]]);
      client.heard.length = 0;
    }
    expect(asked).toBe(1);
    // A thread of its own returns the memory of buffers that were collected.
    await expect.poll(() => external() - before).toBeLessThan(20_000_000);
    expect([client.closed, router.realm('realm1')?.kept.undecided.used]).toEqual([false, 0]);
  });
});
