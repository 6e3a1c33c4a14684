/** The conversations of the router about history, recovery and retention, held on SQLite as well. */
import { onTestFinished } from 'vitest';
import { runWith } from '../../router/test/support/store-under-test.ts';
import { sqliteStore } from '../src/index.ts';
import { freshFile } from './support/folder.ts';

// They expect events in the turn in which they are published; that others wait, restart.test.ts shows.
runWith(() => {
  const store = sqliteStore({ path: freshFile(), writeFirst: false, synchronous: 'off', thread: false });
  onTestFinished(() => store.close());
  return store;
});

await import('../../router/test/flows/history.test.ts');
await import('../../router/test/flows/recovery.test.ts');
await import('../../router/test/flows/retention.test.ts');
