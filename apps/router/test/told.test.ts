/** What the banner and the start page say of the realms is what the configuration says. */
import { expect, test } from 'vitest';
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

test('C5 each realm is told as it is', async () => {
  const loaded = readConfiguration(YAML, { file: 'wamp.yaml', environment: {} });
  expect(loaded.configuration.realms.map(entranceTo)).toEqual([
    'anonymous, everything allowed',
    'authentication by ticket or wampcra',
    'anonymous, allowed is what the role may do; or authentication by ticket',
  ]);
  const router = await start(loaded, false);
  await router.stop();
  expect(router.greeting).toMatch(
    / open \(development default: anonymous, everything allowed\), closed, both$/,
  );
});
