/** The event store of docs/extending.md: a log in a file, which the next process continues. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultFeatures } from '@wamp/router';
import { converse } from '@wamp/router/testing';
import { onTestFinished, test } from 'vitest';
import { fileStore } from './support/file-store.ts';

test('EDGE-1 a subscriber recovers across a restart of the router, for its store is a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-log-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  const start = () => ({
    router: {
      features: defaultFeatures({ history: [{ topic: 'com.news' }], store: fileStore(folder) }),
      globalId: ids(),
    },
  });
  let last = 0;
  const ids = () => () => (last += 1);
  await converse(
    `
    ann → [32, 1, {}, "com.news"]
    ann ← [33, 1, $news]
    bob → [16, 1, {"exclude_me": false, "ppt_scheme": "x_own"}, "com.news", ["one", null], {"two": [1.5, true]}]
    ann ← [36, $news, *, {"x_offset": 1, ...}, ["one", null], {"two": [1.5, true]}]
    bob → [16, 2, {"eligible_authrole": ["nobody"]}, "com.news", ["for others"]]
    bob → [16, 3, {"eligible": [4711]}, "com.news", ["for others"]]
    bob → [16, 4, {}, "com.news"]
    ann ← [36, $news, *, {"x_offset": 4}]
  `,
    start(),
  );
  await converse(
    `
    ann → [32, 1, {}, "com.news"]
    ann ← [33, 1, $news]
    ann → [48, 2, {}, "wamp.subscription.recover", [$news]]
    ann ← [50, 2, {}, [], {"epoch": $epoch, "offset": 4, "complete": true, "more": false}]
    ann → [48, 3, {}, "wamp.subscription.recover", [$news], {"epoch": $epoch, "offset": 0}]
    ann ← [50, 3, {}, [{"details": {"x_offset": 1, "ppt_scheme": "x_own"}, "args": ["one", null], "kwargs": {"two": [1.5, true]}, ...}, {"details": {"x_offset": 4}, ...}], {"complete": true, ...}]
    bob → [16, 1, {}, "com.news"]
    ann ← [36, $news, *, {"x_offset": 5}]
  `,
    start(),
  );
});
