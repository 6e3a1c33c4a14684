/** Arguments of the router's own procedures: all are understood, or refused by name. */
import { createRouter, defaultFeatures } from '@wamp/router';
import { converse } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { Client } from '../support/client.ts';

const INVALID = 'wamp.error.invalid_argument';

describe('arguments that a procedure does not take', () => {
  test('B4 every procedure of the router refuses a surplus argument, and an unknown name, and says which', async () => {
    const features = defaultFeatures({ history: [{ topic: 'com.news' }] });
    const router = createRouter({ realms: ['realm1'], features });
    const client = await Client.join(router);
    const procedures = [...(router.realm('realm1')?.dealer.registrations.values('exact') ?? [])].map(
      ({ procedure }) => procedure,
    );
    expect(procedures.length).toBeGreaterThan(20);
    let request = 0;
    for (const procedure of procedures) {
      client.heard.length = 0;
      await client.say(
        [48, (request += 1), {}, procedure, [1, 2, 3, 4, 5, 6]],
        [48, (request += 1), {}, procedure, [], { nonsense: 1 }],
        [48, (request += 1), {}, procedure, [], { __proto__x: 1, constructor: 1 }],
      );
      const told = client.heard.map(([type, , , , error, args]) => ({ procedure, type, error, args }));
      expect(told).toEqual([
        { procedure, type: 8, error: INVALID, args: [expect.stringMatching(/^argument \d: /)] },
        { procedure, type: 8, error: INVALID, args: [expect.stringMatching(/^nonsense: /)] },
        { procedure, type: 8, error: INVALID, args: [expect.stringMatching(/^__proto__x: /)] },
      ]);
    }
  });

  test('B4 a long name is cut in the explanation', async () => {
    const client = await Client.join(createRouter({ realms: ['realm1'] }));
    client.heard.length = 0;
    await client.say([48, 1, {}, 'wamp.session.count', [], { ['n'.repeat(10_000)]: 1 }]);
    expect(JSON.stringify(client.heard).length).toBeLessThan(400);
  });

  test('B4 EXT-1 a name that begins with x_ is passed over', () =>
    converse(`
      client → [48, 1, {}, "wamp.session.count", [], {"x_trace": "abc"}]
      client ← [50, 1, {}, [1]]
    `));
});

describe('arguments by name', () => {
  test('B4 filter_authroles counts and lists the sessions of these roles', () =>
    converse(`
      client → [48, 1, {}, "wamp.session.count", [], {"filter_authroles": ["nobody"]}]
      client ← [50, 1, {}, [0]]
      client → [48, 2, {}, "wamp.session.list", [], {"filter_authroles": ["nobody"]}]
      client ← [50, 2, {}, [[]]]
      client → [48, 3, {}, "wamp.session.list", [], {"filter_authroles": ["anonymous"]}]
      client ← [50, 3, {}, [[$client]]]
      client → [48, 4, {}, "wamp.session.count", [null], {"filter_authroles": ["nobody"]}]
      client ← [8, 48, 4, {}, "wamp.error.invalid_argument", ["filter_authroles: given twice, as a positional and as a keyword argument"]]
    `));

  test('B4 session_id, and an id and options of a look-up', () =>
    converse(`
      client → [48, 1, {}, "wamp.session.get", [], {"session_id": $client}]
      client ← [50, 1, {}, [{"session": $client, ...}]]
      client → [32, 2, {"match": "prefix"}, "com.news"]
      client ← [33, 2, $news]
      client → [48, 3, {}, "wamp.subscription.lookup", ["com.news"], {"options": {"match": "prefix"}}]
      client ← [50, 3, {}, [$news]]
      client → [48, 4, {}, "wamp.subscription.count_subscribers", [], {"subscription_id": $news}]
      client ← [50, 4, {}, [1]]
    `));

  test('B4 get_events takes its limit by name, and refuses one by place', () =>
    converse(
      `
      client → [48, 1, {}, "wamp.subscription.lookup", ["com.news"]]
      client ← [50, 1, {}, [$news]]
      client → [16, 2, {}, "com.news", [1]]
      client → [16, 3, {}, "com.news", [2]]
      client → [48, 4, {}, "wamp.subscription.get_events", [$news], {"limit": 1}]
      client ← [50, 4, {}, [{"args": [1], ...}]]
      client → [48, 5, {}, "wamp.subscription.get_events", [$news, 1]]
      client ← [8, 48, 5, {}, "wamp.error.invalid_argument", *]
    `,
      { router: { features: defaultFeatures({ history: [{ topic: 'com.news' }] }) } },
    ));
});

describe('a list of roles', () => {
  test('A2 takes 1,000 names, and refuses one more without a look at any session', async () => {
    const client = await Client.join(createRouter({ realms: ['realm1'] }));
    const roles = Array.from({ length: 1000 }, (_, index) => `role${index}`);
    client.heard.length = 0;
    await client.say(
      [48, 1, {}, 'wamp.session.count', [[...roles.slice(1), 'anonymous']]],
      [48, 2, {}, 'wamp.session.list', [[...roles, 'anonymous']]],
    );
    expect(client.heard).toEqual([
      [50, 1, {}, [1]],
      [8, 48, 2, {}, INVALID, ['filter_authroles: expected 1000 strings at most, not 1001']],
    ]);
  });
});
