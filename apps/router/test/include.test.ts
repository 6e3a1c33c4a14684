/** Configurations of several files: what belongs together, where faults are, and what is refused. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cert, key } from '../../../packages/router/test/support/certificate.ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { explainWord } from '../src/explain-word.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { loadConfiguration, type LoadedConfiguration } from '../src/config/load.ts';
import { logTo } from '../src/log.ts';
import { start } from '../src/start.ts';
import { FileWatch } from '../src/watch.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'wamp-include-'));
});
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** Writes files into a folder of their own, and returns a function that loads one of them. */
function folderOf(files: Readonly<Record<string, string>>): {
  readonly path: string;
  readonly load: (name?: string) => LoadedConfiguration;
  readonly faults: (name?: string) => readonly string[];
  readonly write: (name: string, text: string) => void;
} {
  const path = mkdtempSync(join(root, 'case-'));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
  const load = (name = 'wamp.yaml'): LoadedConfiguration =>
    loadConfiguration(join(path, name), { SECRET: 'hunter2' });
  const faults = (name?: string): readonly string[] => {
    try {
      load(name);
      return [];
    } catch (error) {
      if (!(error instanceof FaultyConfiguration)) throw error;
      return error.message.split('\n').map((line) => line.replaceAll(`${path}/`, ''));
    }
  };
  return { path, load, faults, write };
}

const MAIN = 'listeners: [{ port: 0, pages: false }]\n';
const LOCKED =
  'auth: { ticket: { principals: { joe: { role: user, ticket: { file: joe } } } } }, roles: { user: { permissions: [] } }';

test('C6 realms of included files follow those of the file, in the order of their names', () => {
  const { load, faults } = folderOf({
    'wamp.yaml': `include: [realms/*.yaml, limits.yaml]\n${MAIN}realms: [{ name: main }]\n`,
    'realms/b.yaml': '# nothing\n',
    'realms/c.yaml': 'realms: [{ name: c1 }, { name: c2 }]\n',
    'realms/a.yaml': 'realms: [{ name: a }]\nrealm_templates: [{ uri: com.* }]\ninclude: [deeper/one.yaml]\n',
    'realms/.hidden.yaml': 'realms: 5',
    'realms/deeper/one.yaml': 'realms: [{ name: deep }]\ndrain: 3s\n',
    'limits.yaml': 'limits: { message_size: 2MiB }\n',
  });
  expect(faults()).toEqual([]);
  const { configuration } = load();
  expect(configuration.realms.map(({ name }) => name)).toEqual(['main', 'a', 'deep', 'c1', 'c2']);
  expect(configuration.realmTemplates.map(({ name }) => name)).toEqual(['com.*']);
  expect(configuration.limits.messageSize).toBe(2 ** 21);
  expect(configuration.drain).toBe(3000);
  expect(configuration).not.toHaveProperty('include');
});

test('C6 faults name the file in which they are, with the path within it', () => {
  const { faults } = folderOf({
    'wamp.yaml': `${MAIN}include: [realms/a.yaml, realms/b.yaml]\nrealms: [{ name: main, colour: red }]\n`,
    'realms/a.yaml': 'realms:\n  - name: a\n    max_sessions: none\n  - name: main\nlimit: {}\n',
    'realms/b.yaml':
      'realms:\n  - name: ${MISSING}\n    webhooks: [{ topic: com.a, target: "http://a/", secret: { file: none } }]\n',
  });
  expect(faults()).toEqual([
    expect.stringMatching(/^wamp\.yaml:3:24: realms\[0\]\.colour: is not known here/),
    'realms/a.yaml:3:19: realms[0].max_sessions: is text, expected a whole number from 1 to 1000000000',
    'realms/a.yaml:4:11: realms[1].name: is the name of another realm, too',
    'realms/a.yaml:5:1: limit: is not known here, did you mean limits?',
    'realms/b.yaml:2:11: realms[0].name: the environment variable MISSING is not set',
    'realms/b.yaml:3:69: realms[0].webhooks[0].secret.file: there is no such file',
  ]);
});

test('C7 the example of the documentation is a configuration', () => {
  const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n(include:.*?)```/s.exec(page) ?? [];
  const { load, faults } = folderOf({
    'wamp.yaml': example,
    'listeners.yaml': 'listeners: [{ port: 0 }]',
    'realms/a.yaml': 'realms: [{ name: a }]',
  });
  expect(faults()).toEqual([]);
  expect(load().configuration.realms.map(({ name }) => name)).toContain('a');
});

test('C8 paths in an included file begin at its own folder', () => {
  const { load, faults } = folderOf({
    'wamp.yaml': 'include: [realms/a.yaml]\nlisteners: []\n'.replace('listeners: []\n', ''),
    'realms/a.yaml': `realms: [{ name: a, ${LOCKED} }]\nlisteners: [{ port: 0, pages: { /: ./www }, tls: { certificate: ../c.pem, key: k.pem } }]\n`,
    'realms/joe': 'secret\n',
    'realms/www/index.html': 'hello',
    'realms/k.pem': key,
    'c.pem': cert,
  });
  expect(faults()).toEqual([]);
  const { configuration, files } = load();
  const [{ auth } = {}] = configuration.realms;
  expect(auth?.ticket instanceof Map && auth.ticket.get('joe')).toMatchObject({ ticket: 'secret' });
  const names = files.map((each) => each.split('/').slice(-2).join('/'));
  expect(names).toEqual(expect.arrayContaining(['realms/a.yaml', 'realms/joe', 'realms/k.pem']));
});

test.each([
  [
    'a file that is not there',
    { 'wamp.yaml': `${MAIN}include: [none.yaml]\nrealms: [{ name: a }]` },
    ['wamp.yaml:2:11: include[0]: there is no such file'],
  ],
  [
    'a folder that is not there',
    { 'wamp.yaml': `${MAIN}include: [none/*.yaml]\nrealms: [{ name: a }]` },
    ['wamp.yaml:2:11: include[0]: is in a folder that cannot be read'],
  ],
  [
    'a star in the name of a folder',
    { 'wamp.yaml': `${MAIN}include: ['*/a.yaml', '*/*.yaml']\nrealms: [{ name: a }]` },
    [
      'wamp.yaml:2:11: include[0]: there is no such file',
      'wamp.yaml:2:23: include[1]: has a star in the name of a folder, expected it in that of the file',
    ],
  ],
  [
    'no list',
    { 'wamp.yaml': `${MAIN}include: a.yaml\nrealms: [{ name: a }]` },
    ['wamp.yaml:2:10: include: is text, expected a list of files'],
  ],
  [
    'no path',
    { 'wamp.yaml': `${MAIN}include: [5]\nrealms: [{ name: a }]` },
    ['wamp.yaml:2:11: include[0]: is a number, expected the path of a file, such as realms/*.yaml'],
  ],
  [
    'the file itself',
    { 'wamp.yaml': `${MAIN}include: ['*.yaml']\nrealms: [{ name: a }]` },
    ['wamp.yaml:2:11: include[0]: includes wamp.yaml, which includes this file'],
  ],
  [
    'a circle',
    {
      'wamp.yaml': `${MAIN}include: [a.yaml]\nrealms: [{ name: a }]`,
      'a.yaml': 'include: [b.yaml]',
      'b.yaml': '\ninclude: [a.yaml]',
    },
    ['b.yaml:2:11: include[0]: includes a.yaml, which includes this file'],
  ],
  [
    'a section that stands in two files',
    {
      'wamp.yaml': `${MAIN}include: [a.yaml]\nrealms: [{ name: a }]\nlimits: {}`,
      'a.yaml': 'limits: {}\nrealms: {}\n',
    },
    [
      'a.yaml:1:1: limits: stands in wamp.yaml, too, expected it in one file',
      'a.yaml:2:1: realms: stands in wamp.yaml, too, expected it in one file',
    ],
  ],
  [
    'a file that is no mapping, and one whose include is none',
    {
      'wamp.yaml': `${MAIN}include: [a.yaml, b.yaml, c.yaml]\nrealms: [{ name: a }]`,
      'a.yaml': '- name: a\n',
      'b.yaml': 'include: { a: b }\n',
      'c.yaml': 'include: [[]]\n',
    },
    [
      'a.yaml:1:1: is no mapping, expected sections such as realms',
      'b.yaml:1:10: include: is no list, expected a list of files',
      'c.yaml:1:11: include[0]: is no path, expected the path of a file',
    ],
  ],
  [
    'a file that is no YAML',
    { 'wamp.yaml': `${MAIN}include: [a.yaml]\nrealms: [{ name: a }]`, 'a.yaml': 'realms: [' },
    [expect.stringMatching(/^a\.yaml:1:\d+: /)],
  ],
  [
    'a chain that is too long',
    {
      'wamp.yaml': `${MAIN}include: [n1.yaml]\nrealms: [{ name: a }]`,
      ...Object.fromEntries(
        Array.from({ length: 10 }, (_, at) => [`n${at + 1}.yaml`, `include: [n${at + 2}.yaml]`]),
      ),
    },
    ['n8.yaml:1:11: include[0]: is included too deep, expected at most 8 levels'],
  ],
])('C6 an include is refused with its place: %s', (_what, files, expected) => {
  expect(folderOf(files).faults()).toEqual(expected);
});

test('C6 a file that two lists name is read once; a thousand files are the limit', () => {
  const many = Object.fromEntries(
    Array.from({ length: 1001 }, (_, at) => [`many/${String(at).padStart(4, '0')}.yaml`, '']),
  );
  const { load, faults } = folderOf({
    'wamp.yaml': `${MAIN}include: [a.yaml, 'a*.yaml']\nrealms: [{ name: main }]`,
    'many.yaml': `${MAIN}include: ['many/*.yaml']\nrealms: [{ name: main }]`,
    'a.yaml': 'realms: [{ name: a }]',
    ...many,
  });
  expect(load().configuration.realms).toHaveLength(2);
  expect(faults('many.yaml')).toEqual(
    Array(2).fill('many.yaml:2:11: include[0]: is one file too many, expected at most 1000'),
  );
});

test('C6 explain tells in which file a key is set', () => {
  const { load, path } = folderOf({
    'wamp.yaml': `${MAIN}include: [a.yaml]\nrealms: [{ name: main }]`,
    'a.yaml': 'realms: [{ name: a, max_sessions: 5 }]\nlimits:\n  queue_size: 1MiB\n',
  });
  expect(explainWord('limits.queue_size', load())).toContain(`set at ${path}/a.yaml:3:15`);
  expect(explainWord('realms[].max_sessions', load())).toContain(`set at ${path}/a.yaml:1:35`);
});

test('C6 a reload reads included files again, and a new one is noticed', async () => {
  const { load, write } = folderOf({
    'wamp.yaml': `${MAIN}include: ['realms/*.yaml']\nrealms: [{ name: main }]`,
    'realms/a.yaml': 'realms: [{ name: a }]',
  });
  const loaded = load();
  const running = await start(loaded, false, logTo({ write: () => undefined }, 'error'));
  onTestFinished(() => running.stop());
  const watch = new FileWatch(() => loaded.files);
  write('realms/b.yaml', 'realms: [{ name: b }]');
  expect([watch.hasSettled(), watch.hasSettled()]).toEqual([false, true]);
  expect(await running.reload()).toEqual({ ok: true, lines: ['realm b: opened'] });
  write('realms/a.yaml', 'realms: [{ name: a, colour: red }]');
  const refused = await running.reload();
  expect(refused.ok).toBe(false);
  expect(refused.lines[0]).toMatch(/realms\/a\.yaml:1:21: realms\[0\]\.colour: is not known here/);
});
