/** Broken configurations, given to the program itself: exit code 2, each fault with its place, and nothing listens. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CertificateFolder } from './certificates.ts';
import { Workshop } from './workshop.ts';

let folder: CertificateFolder;
let workshop: Workshop;
beforeAll(async () => {
  [folder, workshop] = [await CertificateFolder.open(), await Workshop.open({})];
});
afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const REALM = 'realms: [{ name: realm1 }]\n';
const LISTENER = 'listeners: [{ port: 0, pages: false }]\n';
/** Each line stands for ten of the line before: a billion values, once they are written out. */
const BOMB = Array.from({ length: 9 }, (_, index) => {
  const ten = Array.from({ length: 10 }, () => (index === 0 ? 'x' : `*a${index - 1}`));
  return `a${index}: &a${index} [${ten.join(', ')}]\n`;
}).join('');

const BROKEN: readonly (readonly [what: string, yaml: string, said: RegExp])[] = [
  ['syntax', `${LISTENER}realms: [{ name: realm1 }`, /:2:\d+: is not valid YAML/],
  ['a wrong type', `${LISTENER}realms: 3\n`, /:2:9: realms: is a number, expected a list of realms$/],
  [
    'an unknown key',
    `listenrs: []\n${REALM}`,
    /:1:1: listenrs: is not known here, did you mean listeners\?$/m,
  ],
  [
    'one place twice',
    `listeners: [{ port: 8080 }, { port: 8080 }]\n${REALM}`,
    /:1:37: listeners\[1\]\.port: is where another listener listens already$/,
  ],
  [
    'a file that is not there',
    `listeners: [{ tls: { certificate: none.pem, key: key.pem } }]\n${REALM}`,
    /:1:35: listeners\[0\]\.tls\.certificate: there is no such file$/,
  ],
  [
    'a variable that is not set',
    `${LISTENER}realms: [{ name: "\${WAMP_NOT_SET}" }]\n`,
    /:2:18: realms\[0\]\.name: the environment variable WAMP_NOT_SET is not set$/,
  ],
  ['a bomb of aliases', `${BOMB}${LISTENER}${REALM}`, /:\d+:\d+: .*(?:too much|too many)/],
  [
    'a bomb of brackets',
    `${LISTENER}realms: ${'['.repeat(9999)}`,
    /:\d+:\d+: .*(?:nested too deep|is not valid YAML)/,
  ],
];

test.each(BROKEN)('%s is refused by check and by start', async (_what, yaml, said) => {
  const file = await folder.write('broken.yaml', yaml);
  const outcomes = await Promise.all(
    ['check', 'start'].map((command) => workshop.run([command, '--config', file])),
  );
  for (const { code, stdout, stderr } of outcomes) {
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trimEnd()).toMatch(said);
    for (const line of stderr.trimEnd().split('\n')) expect(line.startsWith(`${file}:`)).toBe(true);
  }
});

test('a converted file that was broken afterwards is refused with its place', async () => {
  const permissions = [{ uri: '', match: 'prefix', allow: { call: true } }];
  const realms = [{ name: 'realm1', roles: [{ name: 'anonymous', permissions }] }];
  const transports = [{ type: 'rawsocket', endpoint: { type: 'tcp', port: 0 } }];
  const crossbar = { version: 2, workers: [{ type: 'router', realms, transports }] };
  const [from, to] = [
    await folder.write('config.json', JSON.stringify(crossbar)),
    join(folder.path, 'converted.yaml'),
  ];
  expect((await workshop.run(['convert', from])).code).toBe(0);
  const { stdout } = await workshop.run(['convert', from]);
  await folder.write('converted.yaml', stdout.replace('role: anonymous', 'role: nobody'));
  expect(await workshop.run(['start', '--config', to])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /converted\.yaml:\d+:\d+: realms\[0\]\.auth\.anonymous\.role: is no role of this realm, expected one of anonymous\n$/,
    ) as string,
  });
});
