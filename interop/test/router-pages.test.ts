/** Compiles and runs the samples of docs/history.md. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as router from '@wamp/router';
import * as storeSqlite from '@wamp/store-sqlite';
import { expect, test } from 'vitest';
import { faultsOf, guidesIn, runGuide } from './support/guide.ts';

const modules = { '@wamp/router': router, '@wamp/store-sqlite': storeSqlite };

test('the samples of docs/history.md compile', () => {
  expect(faultsOf(guidesIn('docs/history.md'))).toEqual([]);
});

test('docs/history.md: logs of topics, in memory and in a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-history-'));
  const started: router.Router[] = [];
  const createRouter = (options: router.RouterOptions): router.Router => {
    const one = router.createRouter(options);
    started.push(one);
    return one;
  };
  const world = {
    modules: { ...modules, '@wamp/router': { ...router, createRouter } },
    print: () => undefined,
  };
  const guides = guidesIn('docs/history.md');
  expect(guides).toHaveLength(2);
  for (const guide of guides) await runGuide(guide, world, { '/var/lib/wamp': folder });
  const [inMemory] = started;
  const session = inMemory?.join('realm1');
  await session?.publish('com.news', ['kept'], {}, {});
  const [subscription] = (await session?.call('wamp.subscription.lookup', ['com.news']))?.args ?? [];
  const past = await session?.call('wamp.subscription.get_events', [subscription], { limit: 1 });
  expect(JSON.stringify(past)).toContain('kept');
  await inMemory?.close();
  rmSync(folder, { recursive: true });
});
