/** What a conversion from Crossbar.io leaves out or writes in another way is told, and odd files are refused. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { connect } from '../../../packages/client/src/index.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { convertCrossbar, noteLine } from '../src/convert/crossbar.ts';
import {
  ALL,
  folderWith,
  KEPT,
  NONE,
  OPENED,
  PAGES,
  realm,
  role,
  router,
  serve,
  web,
  type Json,
} from './crossbar-configurations.ts';
import { everything, SAME_WITHOUT } from './crossbar-everything.ts';
import { Workshop } from './workshop.ts';

/** What is written for one role. */
function permissionsFor(permissions: readonly Json[]): readonly unknown[] {
  const file = folderWith(
    router([realm([role('anonymous', permissions)])], [web({ ws: { type: 'websocket' } })]),
  );
  const { yaml } = convertCrossbar(file);
  writeFileSync(join(file, '..', 'wamp.yaml'), yaml);
  const { realms } = loadConfiguration(join(file, '..', 'wamp.yaml'), {}).configuration;
  const found = realms[0]?.roles?.['anonymous'];
  return found !== undefined && 'permissions' in found ? found.permissions : [];
}

test('a longer permission that allows less is written as a denial, for denials win here', () => {
  expect(
    permissionsFor([
      { uri: 'com.example.', match: 'prefix', allow: { ...NONE, call: true, publish: true } },
      { uri: 'com.example.topic', match: 'exact', allow: { ...NONE, publish: true } },
      { uri: 'com.other.*', call: true },
      { uri: 'com..x', match: 'wildcard', allow: ALL },
    ]),
  ).toEqual([
    { uri: 'com.example.', match: 'prefix', allow: ['call', 'publish'] },
    { uri: 'com.example.topic', allow: ['publish'], deny: ['call'] },
    { uri: 'com.other.', match: 'prefix', allow: ['call'] },
    { uri: 'com..x', match: 'wildcard', allow: ['call', 'register', 'publish', 'subscribe'] },
  ]);
});

test('options of the node and of its workers are reported, one by one', () => {
  const whole = router([realm([role('anonymous', [])])], [web({ ws: { type: 'websocket' } })], {
    id: 'router1',
    options: { pythonpath: ['..'] },
  });
  const { notes } = convertCrossbar(folderWith({ ...whole, controller: { id: 'node1', fabric: {} } }));
  expect(notes.map(noteLine)).toEqual([
    'left out: workers[0].options.pythonpath: Python code is not run in the router',
    'left out: controller.fabric: has no counterpart here',
    'left out: workers[0].id, controller.id: parts of the configuration have no ids here',
  ]);
});

/** Every mapping of a value, with its path, and its keys in the order of the file. */
function mappingsOf(value: unknown, path = ''): readonly (readonly [path: string, mapping: MutableJson])[] {
  if (typeof value !== 'object' || value === null) return [];
  const own: [string, MutableJson][] = Array.isArray(value) ? [] : [[path, value as MutableJson]];
  const below = Object.entries(value).flatMap(([key, each]) => mappingsOf(each, pathBelow(path, key, value)));
  return [...own, ...below];
}

function pathBelow(path: string, key: string, of: object): string {
  if (Array.isArray(of)) return `${path}[${key}]`;
  if (!/^[\w-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

type MutableJson = Record<string, unknown>;

/** What a configuration is converted to; a refusal counts as a file. */
function convertedFrom(
  configuration: unknown,
  file: string,
): { readonly yaml: string; readonly lines: readonly string[] } {
  writeFileSync(file, JSON.stringify(configuration));
  try {
    const { yaml, notes } = convertCrossbar(file);
    return { yaml: yaml.replace(/^(?:#.*\n)+/, ''), lines: notes.map(noteLine) };
  } catch (error) {
    return { yaml: String(error), lines: [] };
  }
}

/** True when a note is about the key, or about all of what it stands in. */
function isTold(lines: readonly string[], key: string): boolean {
  return lines.some((line) => {
    const paths = /^left out: ([^ ]+(?:, [^ ]+)*): /.exec(line)?.[1] ?? '';
    return paths
      .split(', ')
      .some((path) => key === path || (key.startsWith(path) && '.['.includes(key[path.length] ?? '')));
  });
}

test('a key that nobody knows is left out aloud, in whichever mapping it stands', () => {
  const file = folderWith({});
  const places = mappingsOf(everything()).map(([path]) => path);
  expect(places.length).toBeGreaterThan(60);
  for (const path of places) {
    const configuration = everything();
    const mapping = mappingsOf(configuration).find(([each]) => each === path)?.[1] ?? {};
    mapping['unheard_of'] = 7;
    const { lines } = convertedFrom(configuration, file);
    expect([path, isTold(lines, pathBelow(path, 'unheard_of', mapping))]).toEqual([path, true]);
  }
});

test('no key of Crossbar.io is without effect: each changes the file, or is left out aloud', () => {
  const file = folderWith({});
  const { lines, yaml } = convertedFrom(everything(), file);
  const silent: string[] = [];
  for (const [path, mapping] of mappingsOf(everything())) {
    for (const key of Object.keys(mapping)) {
      const place = pathBelow(path, key, mapping);
      if (isTold(lines, place)) continue;
      const configuration = everything();
      const found = mappingsOf(configuration).find(([each]) => each === path)?.[1] ?? {};
      Reflect.deleteProperty(found, key);
      const without = convertedFrom(configuration, file);
      if (without.yaml === yaml && without.lines.join('\n') === lines.join('\n')) silent.push(place);
    }
  }
  expect(silent).toEqual(SAME_WITHOUT);
});

/** The origins of the listener that paths with these options become, and what is said about them. */
function originsOf(...options: readonly Json[]): readonly [unknown, ...string[]] {
  const paths = Object.fromEntries(
    options.map((each, index) => [`ws${index}`, { type: 'websocket', options: each }]),
  );
  const { yaml, lines } = convertedFrom(
    router([realm([role('anonymous', [])])], [web(paths)]),
    folderWith({}),
  );
  const { listeners } = parse(yaml) as { readonly listeners: readonly { readonly origins?: unknown }[] };
  return [listeners[0]?.origins, ...lines];
}

test('a listener admits an origin if all its paths did', () => {
  const [one, two] = ['https://one.example', 'https://two.example'];
  const lost = (path: number, what: string): string =>
    `left out: workers[0].transports[0].paths.ws${path}.options.${what}`;
  const why = 'the listener has one list of origins, and another path does not admit them';
  const every = 'pages of every origin: name those that may connect, in origins';
  expect(originsOf({ allowed_origins: [one], allow_null_origin: true })).toEqual([[one, 'null']]);
  expect(originsOf({ allowed_origins: [one], allow_null_origin: false })).toEqual([[one]]);
  expect(originsOf({ allowed_origins: [one, two] }, { allowed_origins: [two] })).toEqual([
    [two],
    `${lost(0, 'allowed_origins')}: ${one}: ${why}`,
  ]);
  expect(originsOf({ allowed_origins: ['*'] }, { allowed_origins: [two] }, {})).toEqual([
    [two],
    `${lost(0, 'allowed_origins')}: ${every}`,
  ]);
  expect(originsOf({ allow_null_origin: true }, { allowed_origins: [two] })).toEqual([
    [two],
    `${lost(0, 'allow_null_origin')}: null: ${why}`,
  ]);
});

test('names of the file end no comment, and mean nothing to a terminal', () => {
  const roles = [
    role('a\nlisteners: []\u009b2J', []),
    role('__proto__', []),
    role('a\nlisteners: []\u009b2J', []),
  ];
  const { lines, yaml } = convertedFrom(
    router(
      [realm(roles)],
      [web({ ws: { type: 'websocket', auth: { anonymous: { role: 'gone' }, ticket: {} } } })],
    ),
    folderWith({}),
  );
  expect(lines.slice(0, 2)).toEqual([
    'left out: workers[0].realms[0].roles[1]: has no name',
    'left out: workers[0].realms[0].roles[2]: another role of the realm has the name a listeners: []\\u009b2J',
  ]);
  expect(Object.keys(parse(yaml) as Json)).toEqual(['listeners', 'realms']);
  expect(yaml).toMatch(/^\nlisteners:\n/);
});

test('a path whose log-in cannot be converted refuses all clients', async () => {
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('anonymous')])],
      [
        web({
          ws: { type: 'websocket' },
          secure: { type: 'websocket', auth: { ticket: { type: 'function', create: 'auth.create' } } },
        }),
      ],
    ),
  );
  expect((await enter(0)).authrole).toBe('anonymous');
  expect(notes.slice(0, 2)).toEqual([
    'left out: workers[0].transports[0].paths.secure.auth.ticket: a function in the process of the router has no counterpart: register a procedure for it',
    'left out: workers[0].transports[0].paths.secure: none of its ways to log in could be converted, so nobody connects there',
  ]);
  const other = (urls[0] ?? '').replace('/ws', '/secure');
  await expect(connect(other, { realm: 'realm1', reconnect: false })).rejects.toThrow();
});

test.each([
  ['no JSON', '{ "version": 2, "workers": [', /config\.json:1:\d+: /],
  ['YAML', 'workers: []', /config\.json:1:1: is no JSON, expected the config\.json of Crossbar\.io/],
  ['a bomb', `${'['.repeat(5000)}${']'.repeat(5000)}`, /config\.json:1:\d+: is nested too deep/],
  [
    'a key twice',
    '{ "version": 2,\n  "version": 3, "workers": [] }',
    /config\.json:2:3: version: stands there twice/,
  ],
  ['nothing in it', '{}', /config\.json:1:1: has no router with realms and transports/],
  [
    'values of other types',
    '{ "workers": [1, { "type": "router", "realms": 3, "transports": "x" }] }',
    /1:1: has no router/,
  ],
])('%s is refused with its place', (_what, text, said) => {
  const file = folderWith({});
  writeFileSync(file, text);
  expect(() => convertCrossbar(file)).toThrow(FaultyConfiguration);
  expect(() => convertCrossbar(file)).toThrow(said);
});

test('wamp-router convert writes the file, never over another, and says what it left out', async () => {
  await using workshop = await Workshop.open({});
  const file = folderWith(
    router([realm([role('anonymous')])], [web({ '/': PAGES, ws: { type: 'websocket' } })]),
  );
  const output = join(file, '..', '..', 'wamp.yaml');
  const written = await workshop.run(['convert', file, '--output', output]);
  expect(written).toEqual({
    code: 0,
    stdout: `${output} is written; check it with: wamp-router check --config ${output}\n`,
    stderr: `${KEPT}\n${OPENED}\n`,
  });
  expect(await workshop.run(['check', '--config', output])).toMatchObject({ code: 0 });
  expect(await workshop.run(['convert', file, '--output', output])).toMatchObject({ code: 2, stdout: '' });
  expect((await workshop.run(['convert', file])).stdout).toContain('listeners:');
});
