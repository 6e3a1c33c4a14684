/** Permissions against the plainest reading of them: every rule held against every URI there is. */
import { isReserved, matches, type MatchPolicy, type Uri } from '@wamp/protocol';
import { createRouter, permissions, type Action, type Asker, type Permission } from '@wamp/router';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, overlap, type Pattern } from '../src/authz/pattern-sets.ts';
import { Recent } from '../src/authz/recent.ts';
import { isWithin } from '../src/core/broker.ts';

const ACTIONS: readonly Action[] = ['call', 'register', 'publish', 'subscribe'];
const POLICIES: readonly MatchPolicy[] = ['exact', 'prefix', 'wildcard'];
/** With the authid and the authrole that placeholders stand for. */
const PARTS = ['a', 'b', 'ab', 'joe', 'user', 'wamp'];

/** Every URI of two components at most, and every one of three. */
const FEW: readonly Uri[] = longer(PARTS);
const UNIVERSE: readonly Uri[] = longer(FEW);

function longer(uris: readonly Uri[]): Uri[] {
  return [...PARTS, ...uris.flatMap((uri) => PARTS.map((part) => `${uri}.${part}`))];
}

/** What stands in `Asker` matters to nobody here. */
const ASKER = nobody();

function nobody(): Asker {
  const realm = createRouter({ realms: ['realm1'] }).realm('realm1');
  if (realm === undefined) throw new Error('no realm');
  const session = {
    id: 1,
    principal: principalOf('joe'),
    features: { has: () => false },
    transport: {},
    send: () => undefined,
    end: () => undefined,
  };
  const call = (): Promise<never> => Promise.reject(new Error('nobody is called'));
  return { realm, session: session as unknown as Asker['session'], call };
}

function principalOf(authid: string, authrole = 'user'): Asker['session']['principal'] {
  return { authid, authrole, authmethod: 'ticket', authprovider: 'test' };
}

type Authorizer = ReturnType<typeof permissions>;

function of(...rules: readonly Permission[]): Authorizer {
  return permissions({ roles: { user: { permissions: rules } } });
}

function isPermitted(
  authorizer: Authorizer,
  action: Action,
  uri: Uri,
  match: MatchPolicy = 'exact',
  authid = 'joe',
): boolean {
  const answer = authorizer.authorize(principalOf(authid), action, uri, { match }, ASKER);
  return answer === true || (typeof answer === 'object' && 'allow' in answer && answer.allow);
}

// What is drawn

const part = fc.constantFrom(...PARTS);
const uri = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const blankable = fc.oneof({ weight: 3, arbitrary: part }, { weight: 1, arbitrary: fc.constant('') });
const wildcard = fc.array(blankable, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));
const prefix = fc
  .tuple(fc.array(part, { maxLength: 2 }), fc.constantFrom('', '', 'a', 'ab', 'wa', 'wamp', 'j'))
  .map(([parts, rest]) => [...parts, rest].join('.'));

const pattern: fc.Arbitrary<Pattern> = fc.oneof(
  fc.record({ match: fc.constant('exact' as const), uri }),
  fc.record({ match: fc.constant('prefix' as const), uri: prefix }),
  fc.record({ match: fc.constant('wildcard' as const), uri: wildcard }),
);

/** The pattern with placeholders for some components, except where a prefix would end with one. */
function withPlaceholders({ match, uri: plain }: Pattern): Pattern {
  const parts = plain.split('.');
  const changed = parts.map((component, index) => {
    if (match === 'prefix' && index === parts.length - 1) return component;
    return component === 'joe' ? '{authid}' : component === 'ab' ? '{authrole}' : component;
  });
  return { match, uri: changed.join('.') };
}

const actions = fc.subarray([...ACTIONS]);
const disclosure = fc.record({ caller: fc.boolean(), publisher: fc.boolean() });
const written = fc
  .tuple(pattern, fc.boolean())
  .map(([plain, personal]) => (personal ? withPlaceholders(plain) : plain));
const grantOn = (at: fc.Arbitrary<Pattern>): fc.Arbitrary<Permission> =>
  fc.tuple(at, actions, disclosure).map(([to, allow, disclose]) => ({ ...to, allow, disclose }));
const denialOn = (at: fc.Arbitrary<Pattern>): fc.Arbitrary<Permission> =>
  fc.tuple(at, actions).map(([to, deny]) => ({ ...to, deny }));
const grant = grantOn(written);
const denial = denialOn(written);
/** Several on one pattern, at times. */
const rules = fc.array(written, { minLength: 1, maxLength: 6 }).chain((few) => {
  const at = fc.constantFrom(...few);
  const rule = fc.oneof({ weight: 2, arbitrary: grantOn(at) }, { weight: 1, arbitrary: denialOn(at) });
  return fc.array(rule, { maxLength: 8 });
});
const action = fc.constantFrom(...ACTIONS);

// The plain reading

/** Component by component; a placeholder is the one name it stands for. */
function hits({ match = 'exact', uri: written }: Permission, authid: string, at: Uri): boolean {
  const wanted = written.split('.');
  const found = at.split('.');
  if (match === 'prefix' ? found.length < wanted.length : found.length !== wanted.length) return false;
  return wanted.every((component, index) => {
    const its = found[index] ?? '';
    if (component === '{authid}') return its === authid;
    if (component === '{authrole}') return its === 'user';
    if (match === 'prefix' && index === wanted.length - 1) return its.startsWith(component);
    return component === its || (match === 'wildcard' && component === '');
  });
}

function says(list: Permission['allow'], wanted: Action): boolean {
  return Array.isArray(list) && (list as readonly Action[]).includes(wanted);
}

function saysWamp({ match = 'exact', uri: written }: Permission): boolean {
  return match === 'prefix' ? written.startsWith('wamp.') : isReserved(written);
}

function naively(list: readonly Permission[], authid: string, wanted: Action, at: Uri): boolean {
  const there = list.filter((rule) => hits(rule, authid, at));
  if (there.some((rule) => says(rule.deny, wanted))) return false;
  return there.some((rule) => says(rule.allow, wanted) && (!isReserved(at) || saysWamp(rule)));
}

/** As good as all URIs: with names that no rule has, and deeper than any rule is. */
const BEYOND = [...UNIVERSE, 'zz', 'az'].flatMap((at) => [at, `${at}zz`, `${at}.zz`, `${at}.zz.zz`]);

/** With each name, two that no rule has among them, in every place that is left open. */
function filled(written: Uri): Uri[] {
  return written
    .split('.')
    .reduce<string[][]>(
      (before, component) => {
        const names = component === '' ? [...PARTS, 'zz', 'wampzz'] : [component];
        return before.flatMap((start) => names.map((name) => [...start, name]));
      },
      [[]],
    )
    .map((components) => components.join('.'));
}

/** URIs about a pattern: such as continue it, and such as have a name in each place that it leaves open. */
function about(written: Uri): Uri[] {
  const start = `${written}zz`;
  return [start, `${start}.zz`, ...FEW.map((rest) => `${start}.${rest}`), ...filled(written)];
}

/** The URIs that whoever subscribes to the pattern hears of. */
function reached({ match, uri: topic }: Pattern): readonly Uri[] {
  return [...BEYOND, ...about(topic)].filter((at) => {
    return matches(match, topic, at) && isWithin({ match, topic }, at);
  });
}

const check = <T>(property: fc.IProperty<T>): void => {
  fc.assert(property, { numRuns: 300 });
};

describe('AZN-1 AZN-2 of a URI', () => {
  test('the answer is that of the plain reading, asked for the first time and again', () => {
    check(
      fc.property(rules, action, (list, wanted) => {
        const authorizer = of(...list);
        const expected = UNIVERSE.filter((at) => naively(list, 'joe', wanted, at));
        const answers = (): Uri[] => UNIVERSE.filter((at) => isPermitted(authorizer, wanted, at));
        expect(answers()).toEqual(expected);
        expect(answers()).toEqual(expected);
      }),
    );
  });

  test('callers and publishers are disclosed if a rule that covers the request says so', () => {
    check(
      fc.property(rules, uri, (list, at) => {
        const authorizer = of(...list);
        for (const [wanted, who] of [
          ['call', 'caller'],
          ['publish', 'publisher'],
        ] as const) {
          const answer = authorizer.authorize(principalOf('joe'), wanted, at, {}, ASKER);
          const discloses = list.some(
            (rule) =>
              rule.disclose?.[who] === true && hits(rule, 'joe', at) && (!isReserved(at) || saysWamp(rule)),
          );
          const expected =
            naively(list, 'joe', wanted, at) && (discloses ? { allow: true, disclose: true } : true);
          expect(answer).toEqual(expected);
        }
      }),
    );
  });
});

describe('AZN-1 of a pattern', () => {
  const request = pattern.filter(({ match }) => match !== 'exact');
  const asked = fc.constantFrom<Action>('register', 'subscribe');

  test('where it is permitted, so is all that it reaches', () => {
    check(
      fc.property(rules, asked, request, (list, wanted, asks) => {
        if (!isPermitted(of(...list), wanted, asks.uri, asks.match)) return;
        expect(reached(asks).filter((at) => !naively(list, 'joe', wanted, at))).toEqual([]);
      }),
    );
  });

  test('a pattern is permitted if one rule allows all of it and none denies a part', () => {
    check(
      fc.property(rules, asked, request, (list, wanted, asks) => {
        const all = reached(asks);
        fc.pre(all.length > 0);
        const allowed = list.some(
          (rule) =>
            says(rule.allow, wanted) &&
            all.every((at) => hits(rule, 'joe', at) && (!isReserved(at) || saysWamp(rule))),
        );
        const denied = all.some((at) =>
          list.some((rule) => says(rule.deny, wanted) && hits(rule, 'joe', at)),
        );
        expect(isPermitted(of(...list), wanted, asks.uri, asks.match)).toBe(allowed && !denied);
      }),
    );
  });
});

describe('P4 any rules', () => {
  test('default is to deny: an empty list, an unknown role, a role without permissions', () => {
    check(
      fc.property(action, pattern, (wanted, { match, uri: at }) => {
        expect(isPermitted(of(), wanted, at, match)).toBe(false);
        expect(isPermitted(permissions({ roles: {} }), wanted, at, match)).toBe(false);
        const others = permissions({
          roles: { admin: { permissions: [{ uri: '*', allow: ACTIONS }] } },
        });
        expect(isPermitted(others, wanted, at, match)).toBe(false);
      }),
    );
  });

  test('one more grant never takes a right away', () => {
    check(
      fc.property(
        rules,
        grant,
        fc.nat(),
        action,
        pattern,
        (list, more, place, wanted, { match, uri: at }) => {
          const before = isPermitted(of(...list), wanted, at, match);
          const after = of(...list.toSpliced(place % (list.length + 1), 0, more));
          if (before) expect(isPermitted(after, wanted, at, match)).toBe(true);
        },
      ),
    );
  });

  test('one more denial never gives a right', () => {
    check(
      fc.property(
        rules,
        denial,
        fc.nat(),
        action,
        pattern,
        (list, more, place, wanted, { match, uri: at }) => {
          const before = isPermitted(of(...list), wanted, at, match);
          const after = of(...list.toSpliced(place % (list.length + 1), 0, more));
          if (!before) expect(isPermitted(after, wanted, at, match)).toBe(false);
        },
      ),
    );
  });

  test('their order does not matter', () => {
    const shuffled = rules.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    check(
      fc.property(shuffled, action, pattern, ([list, other], wanted, { match, uri: at }) => {
        expect(isPermitted(of(...other), wanted, at, match)).toBe(
          isPermitted(of(...list), wanted, at, match),
        );
      }),
    );
  });

  test('after they are replaced, all is as if there had never been others', () => {
    check(
      fc.property(rules, rules, action, fc.array(pattern), (old, list, wanted, asked) => {
        const authorizer = of(...old);
        for (const { match, uri: at } of asked) isPermitted(authorizer, wanted, at, match);
        authorizer.replace({ roles: { user: { permissions: list } } });
        for (const { match, uri: at } of asked) {
          expect(isPermitted(authorizer, wanted, at, match)).toBe(
            isPermitted(of(...list), wanted, at, match),
          );
        }
      }),
    );
  });

  test('to explain is to authorize', () => {
    check(
      fc.property(rules, action, pattern, part, (list, wanted, { match, uri: at }, authid) => {
        const authorizer = of(...list);
        const principal = principalOf(authid);
        const answer = authorizer.authorize(principal, wanted, at, { match }, ASKER);
        const { decision, permission, path } = authorizer.explain(principal, wanted, at, { match });
        const expected =
          answer === true ? ['permitted', 'disclosed'] : answer === false ? ['denied'] : ['disclosed'];
        expect(expected).toContain(decision);
        if (decision === 'disclosed' && match === 'exact')
          expect(answer).toEqual({ allow: true, disclose: true });
        if (answer !== false) expect(says(permission?.allow, wanted)).toBe(true);
        else if (permission !== undefined) expect(says(permission.deny, wanted)).toBe(true);
        const index = permission === undefined ? -1 : list.indexOf(permission);
        expect(path).toBe(index === -1 ? undefined : `roles.user.permissions[${index}]`);
      }),
    );
  });

  test('rules that are wrong leave those in force that were', () => {
    const authorizer = of({ uri: 'com.a', allow: ['call'] });
    expect(() => {
      authorizer.replace({ roles: { user: { permissions: [{ uri: 'com a', allow: ['call'] }] } } });
    }).toThrow('roles.user.permissions[0].uri');
    expect(isPermitted(authorizer, 'call', 'com.a')).toBe(true);
  });
});

describe('placeholders', () => {
  const hostile = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc
      .array(
        fc.constantFrom('a', 'b', 'joe', '', '.', '*', '#', ' ', '{authid}', '{authrole}', '{', '}', '\n'),
        { maxLength: 4 },
      )
      .map((parts) => parts.join('')),
  );
  const personal = fc.constantFrom<Pattern>(
    { match: 'exact', uri: 'u.{authid}' },
    { match: 'exact', uri: '{authid}' },
    { match: 'exact', uri: 'u.{authid}.{authid}' },
    { match: 'prefix', uri: 'u.{authid}.' },
    { match: 'prefix', uri: '{authid}.a' },
    { match: 'wildcard', uri: '.{authid}' },
    { match: 'wildcard', uri: 'u.{authid}.' },
  );
  /** Near what an authid might bring within reach. */
  const near = (authid: string): fc.Arbitrary<Uri> =>
    fc
      .array(fc.constantFrom('u', 'a', 'joe', authid, ...authid.split('.'), '', '{authid}', '*'), {
        minLength: 1,
        maxLength: 4,
      })
      .map((parts) => parts.join('.'));

  test('AZN-1 T-52 an authid matches one whole component or nothing: no authid can widen a permission', () => {
    const cases = fc
      .tuple(hostile, personal)
      .chain(([authid, rule]) =>
        fc.tuple(fc.constant(authid), fc.constant(rule), fc.constantFrom(...POLICIES), near(authid)),
      );
    fc.assert(
      fc.property(cases, ([authid, rule, match, at]) => {
        const authorizer = of({ ...rule, allow: ACTIONS });
        if (!isPermitted(authorizer, 'subscribe', at, match, authid)) return;
        expect(authid).toMatch(/^[^\s.#{}]+$/u);
        const index = rule.uri.split('.').indexOf('{authid}');
        expect(at.split('.')[index]).toBe(authid);
        // A prefix must have more behind the name, for it would match longer ones.
        if (match === 'prefix') expect(at.split('.').length).toBeGreaterThan(index + 1);
      }),
      { numRuns: 3000 },
    );
  });

  test('AZN-1 what a decent authid is given is its own', () => {
    const authorizer = of(
      { uri: 'com.user.{authid}.inbox', allow: ['publish'] },
      { uri: 'com.user.{authid}.*', allow: ['subscribe'] },
      { uri: 'com.role.{authrole}', allow: ['call'] },
      { uri: 'com.user.{authid}.secret', deny: ['subscribe'] },
    );
    expect(isPermitted(authorizer, 'publish', 'com.user.joe.inbox')).toBe(true);
    expect(isPermitted(authorizer, 'publish', 'com.user.ann.inbox')).toBe(false);
    expect(isPermitted(authorizer, 'publish', 'com.user.ann.inbox', 'exact', 'ann')).toBe(true);
    expect(isPermitted(authorizer, 'subscribe', 'com.user.joe.a.b')).toBe(true);
    expect(isPermitted(authorizer, 'subscribe', 'com.user.joe.a.', 'prefix')).toBe(true);
    expect(isPermitted(authorizer, 'subscribe', 'com.user.joe.', 'prefix')).toBe(false);
    expect(isPermitted(authorizer, 'subscribe', 'com.user.joey.a')).toBe(false);
    expect(isPermitted(authorizer, 'call', 'com.role.user')).toBe(true);
    expect(isPermitted(authorizer, 'call', 'com.role.admin')).toBe(false);
  });
});

describe('stars, as users of Crossbar.io write them', () => {
  test.each<[string, Pattern]>([
    ['*', { match: 'prefix', uri: '' }],
    ['com.a.*', { match: 'prefix', uri: 'com.a.' }],
    ['com.a*', { match: 'prefix', uri: 'com.a' }],
    ['com.*.b', { match: 'wildcard', uri: 'com..b' }],
    ['*.b', { match: 'wildcard', uri: '.b' }],
    ['com.*.*', { match: 'wildcard', uri: 'com..' }],
    ['com.a', { match: 'exact', uri: 'com.a' }],
  ])('%s', (starred, plain) => {
    const [one, other] = [of({ uri: starred, allow: ['call'] }), of({ ...plain, allow: ['call'] })];
    for (const at of [...UNIVERSE, 'com', 'com.a', 'com.a.b', 'com.ab', 'com.a.b.c', 'com.b.a', 'x.b']) {
      expect([at, isPermitted(one, 'call', at)]).toEqual([at, isPermitted(other, 'call', at)]);
    }
  });
});

describe('T-40 what is the router’s own', () => {
  test.each([
    [{ uri: '*' }, false],
    [{ uri: 'wamp', match: 'prefix' as const }, false],
    [{ uri: '..', match: 'wildcard' as const }, false],
    [{ uri: 'wamp.*' }, true],
    [{ uri: 'wamp.session.*' }, true],
    [{ uri: 'wamp..count', match: 'wildcard' as const }, true],
    [{ uri: 'wamp.session.count' }, true],
  ])('%j reaches wamp.session.count: %s', (rule, reaches) => {
    expect(isPermitted(of({ ...rule, allow: ['call'] }), 'call', 'wamp.session.count')).toBe(reaches);
  });

  test('a denial reaches it from everywhere', () => {
    const authorizer = of({ uri: 'wamp.*', allow: ['call'] }, { uri: '*', deny: ['call'] });
    expect(isPermitted(authorizer, 'call', 'wamp.session.count')).toBe(false);
  });

  test('a denial within it does not meet a pattern that cannot reach there', () => {
    const authorizer = of({ uri: '*', allow: ['subscribe'] }, { uri: 'wamp.*', deny: ['subscribe'] });
    expect(isPermitted(authorizer, 'subscribe', '', 'prefix')).toBe(true);
    expect(isPermitted(authorizer, 'subscribe', 'wamp.session.', 'prefix')).toBe(false);
  });
});

describe('rules that are wrong', () => {
  test.each<[string, Permission]>([
    ['.uri: expected a URI', { uri: 5 as unknown as string }],
    ['.uri: expected a valid URI', { uri: 'com a' }],
    ['.uri: expected a valid URI', { uri: 'com..a', match: 'exact' }],
    ['.uri: expected a valid prefix', { uri: 'com..a', match: 'prefix' }],
    ['.uri: a star', { uri: 'com.a*.b' }],
    ['.uri: a star', { uri: 'com.*', match: 'prefix' }],
    ['.uri: a prefix that ends with a placeholder', { uri: 'com.{authid}*' }],
    ['.uri: a prefix that ends with a placeholder', { uri: 'com.{authid}', match: 'prefix' }],
    ['.uri: expected {authid} or {authrole}', { uri: 'com.{authmethod}' }],
    ['.uri: expected {authid} or {authrole}', { uri: 'com.x-{authid}' }],
    ['.match: expected', { uri: 'com.a', match: 'regex' as 'exact' }],
    [
      '.allow: expected call, register, publish or subscribe, found cal',
      { uri: 'com.a', allow: ['cal' as 'call'] },
    ],
    ['.allow: expected call', { uri: 'com.a', allow: { toString: true } as never }],
    ['.deny.call: expected true or false', { uri: 'com.a', deny: { call: 1 } as never }],
    ['.allow: expected actions', { uri: 'com.a', allow: 'call' as never }],
    ['.disclose.callee: expected caller or publisher', { uri: 'com.a', disclose: { callee: true } as never }],
    ['.cache: expected', { uri: 'com.a', cache: 1 as never }],
    ['.alow: unknown key', { uri: 'com.a', alow: ['call'] } as Permission],
    [': expected a permission', 'com.a' as unknown as Permission],
  ])('are told: %s', (fault, rule) => {
    expect(() => of({ uri: 'com.fine' }, rule)).toThrow(`roles.user.permissions[1]${fault}`);
  });

  test.each([
    ['roles.user: expected either', { user: { permissions: [], authorizer: { authorize: () => true } } }],
    ['roles.user: expected permissions', { user: { allow: true } }],
    ['roles.user.permissions: expected a list', { user: { permissions: {} } }],
    ['roles.user.authorizer: expected an authorizer', { user: { authorizer: {} } }],
  ])('are told: %s', (fault, roles) => {
    expect(() => permissions({ roles: roles as never })).toThrow(fault);
  });

  test('a role whose name cannot stand in a URI has no placeholder for it', () => {
    const roles = { 'my role': { permissions: [{ uri: 'com.{authrole}', allow: ['call'] as const }] } };
    expect(() => permissions({ roles })).toThrow('the role’s name'.replace('’', "'"));
  });

  test.each<[string, Permission[]]>([
    [
      'within what is allowed',
      [
        { uri: 'com.*', allow: ['call'] },
        { uri: 'com.a', allow: { call: false } },
      ],
    ],
    [
      'beside it, in part',
      [
        { uri: 'com..b', match: 'wildcard', allow: ['call'] },
        { uri: 'com.a.*', allow: { call: false } },
      ],
    ],
    [
      'on the very same',
      [
        { uri: 'com.a', allow: ['call'] },
        { uri: 'com.a', allow: { call: false } },
      ],
    ],
  ])(
    'AZN-2 an allow of false is no denial, and refused where it would be taken for one: %s',
    (_where, list) => {
      expect(() => of(...list)).toThrow('roles.user.permissions[1].allow.call: false denies nothing');
    },
  );

  test('AZN-2 elsewhere, an allow of false is what others leave out', () => {
    const all = { call: false, register: false, publish: false, subscribe: true };
    const authorizer = of({ uri: 'com.*', allow: all }, { uri: 'com.a', allow: { ...all, call: true } });
    expect(isPermitted(authorizer, 'call', 'com.a')).toBe(true);
    expect(isPermitted(authorizer, 'call', 'com.b')).toBe(false);
    expect(isPermitted(authorizer, 'subscribe', 'com.b')).toBe(true);
  });

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a role called %s is like any other',
    (name) => {
      const wanted = principalOf('joe', name);
      expect(permissions({ roles: {} }).authorize(wanted, 'call', 'com.a', {}, ASKER)).toBe(false);
      const roles = Object.fromEntries([
        [name, { permissions: [{ uri: 'com.a', allow: ['call'] as const }] }],
      ]);
      expect(permissions({ roles }).authorize(wanted, 'call', 'com.a', {}, ASKER)).toBe(true);
    },
  );
});

describe('patterns as sets', () => {
  const matched = ({ match, uri: written }: Pattern, among: readonly Uri[]): Uri[] =>
    among.filter((at) => matches(match, written, at));

  test('PSUB-2 one covers another when it matches all that the other does', () => {
    fc.assert(
      fc.property(pattern, pattern, (outer, inner) => {
        const all = matched(inner, [...BEYOND, ...about(inner.uri)]);
        fc.pre(all.length > 0);
        expect(covers(outer, inner)).toBe(matched(outer, all).length === all.length);
      }),
      { numRuns: 2000 },
    );
  });

  test('PSUB-2 two overlap when there is something that both match', () => {
    fc.assert(
      fc.property(pattern, pattern, (one, other) => {
        const expected = matched(one, matched(other, [...BEYOND, merged(one, other)])).length > 0;
        expect(overlap(one, other)).toBe(expected);
        expect(overlap(other, one)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  /** The likeliest URIs of both: each component from whichever says more. */
  function merged(one: Pattern, other: Pattern): Uri {
    const [mine, its] = [one.uri.split('.'), other.uri.split('.')];
    const length = Math.max(mine.length, its.length);
    const parts = Array.from({ length }, (_, index) => {
      const [a = '', b = ''] = [mine[index], its[index]];
      return (a.length > b.length ? a : b) || 'zz';
    });
    return parts.join('.');
  }
});

describe('what was asked for before', () => {
  test('is remembered, and no more of it than was agreed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(30), { maxLength: 200 }),
        (capacity, keys) => {
          const recent = new Recent<number, number>(capacity);
          for (const key of keys) {
            const found = recent.get(key);
            expect([undefined, key * 2]).toContain(found);
            if (found === undefined) recent.set(key, key * 2);
            expect(recent.size).toBeLessThanOrEqual(Math.max(capacity, 2));
          }
          const last = keys.at(-1);
          if (last !== undefined && capacity > 1) expect(recent.get(last)).toBe(last * 2);
          recent.clear();
          expect(recent.size).toBe(0);
        },
      ),
    );
  });

  test('is kept while it is used, whatever else is added', () => {
    const recent = new Recent<string, number>(10);
    recent.set('mine', 1);
    for (let other = 0; other < 1000; other += 1) {
      expect(recent.get('mine')).toBe(1);
      recent.set(`other ${other}`, other);
    }
  });
});
