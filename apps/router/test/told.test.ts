/** What the banner and the start page say of the realms is what the configuration says. */
import { expect, test } from 'vitest';
import { banner } from '../src/banner.ts';
import { entranceTo } from '../src/check.ts';
import { readConfiguration } from '../src/config/load.ts';
import { start } from '../src/start.ts';

const YAML = `
listeners: [{ port: 0, pages: false }]
realms:
  - name: open
  - name: closed
    auth: { ticket: { principals: { joe: { role: user, ticket: hunter2 } } }, wampcra: { procedure: com.who } }
    roles: { user: { permissions: [] } }
  - name: both
    auth: { anonymous: { role: user }, ticket: { procedure: com.who } }
    roles: { user: { permissions: [] } }
`;

test('C5 each realm is described as it is', async () => {
  const loaded = readConfiguration(YAML, { file: 'wamp.yaml', environment: {} });
  expect(loaded.configuration.realms.map(entranceTo)).toEqual([
    'anonymous, everything allowed',
    'authentication by ticket or wampcra',
    'anonymous, allowed is what the role may do; or authentication by ticket',
  ]);
  const router = await start(loaded, false);
  await router.stop();
  expect(router.greeting.split('\n').filter((line) => line.startsWith('  realm'))).toEqual([
    '  realm      open: anonymous, everything allowed (development default)',
    '  realm      closed: authentication by ticket or wampcra',
    '  realm      both: anonymous, allowed is what the role may do; or authentication by ticket',
  ]);
});

test('C9 of many realms the first ten are named, and nothing is tried in a realm without permissions', () => {
  const named = Array.from(
    { length: 12 },
    (_, index) => `  - { name: realm${index}, roles: { anonymous: { permissions: [] } } }`,
  );
  const { configuration } = readConfiguration(`listeners: [{}]\nrealms:\n${named.join('\n')}\n`, {
    file: 'wamp.yaml',
    environment: {},
  });
  const lines = banner([{ what: 'RawSocket', url: 'rs://127.0.0.1:8080' }], configuration).split('\n');
  expect(lines.filter((line) => line.startsWith('  realm'))).toHaveLength(10);
  expect(lines.slice(-2)).toEqual(['         and 2 realms more', '  stop   Ctrl+C']);
  expect(lines[0]).toBe('wamp-router listening: rs://127.0.0.1:8080');
});
