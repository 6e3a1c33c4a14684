/** The store of a configuration keeps events across restarts, and is refused where it cannot be used. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from '@wamp/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketEnd } from '../../../packages/router/test/support/client-ends.ts';
import { Inbox } from '../../../packages/router/test/support/inbox.ts';
import { readConfiguration, type LoadedConfiguration } from '../src/config/load.ts';
import { storeCheck } from '../src/event-file.ts';
import { rehearse } from '../src/prepare.ts';
import { start } from '../src/start.ts';

function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-router-store-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function configured(folder: string): LoadedConfiguration {
  const yaml = `
listeners: [{ port: 0, pages: false }]
store: { path: events.db }
realms:
  - name: realm1
    history: [{ topic: com.news, depth: 10, age: 1h }, { topic: com.a., match: prefix }]
`;
  return readConfiguration(yaml, { file: join(folder, 'wamp.yaml'), environment: {} });
}

/** Says each message, and hears as many answers, in a session of its own. */
async function say(
  greeting: string,
  ...messages: readonly (readonly unknown[])[]
): Promise<readonly (readonly unknown[])[]> {
  const url = greeting.split(/\s+/).find((word) => word.startsWith('ws://')) ?? '';
  const end = await WebSocketEnd.connect(url, json);
  const heard = new Inbox<readonly unknown[]>();
  end.listener = {
    frame: (bytes) => {
      heard.put(json.decodePayload(bytes, 1).args ?? []);
    },
    violation: (error) => {
      heard.put([error]);
    },
    closed: (why) => {
      heard.put([why]);
    },
  };
  const answers: (readonly unknown[])[] = [];
  for (const message of [
    [1, 'realm1', { roles: { publisher: {}, subscriber: {}, caller: {} } }],
    ...messages,
  ]) {
    end.send(json.encodePayload(message, {}, 1));
    answers.push(await heard.take());
  }
  end.close();
  return answers;
}

test('DUR-12 what is acknowledged is there when the router is started again', async () => {
  const folder = freshFolder();
  const first = await start(configured(folder), false);
  const published = await say(
    first.greeting,
    [16, 1, { acknowledge: true }, 'com.news', ['one']],
    [16, 2, { acknowledge: true, retain: true }, 'com.state', ['on']],
  );
  await first.stop();
  expect(published.map((answer) => answer[0])).toEqual([2, 17, 17]);
  expect(existsSync(join(folder, 'events.db'))).toBe(true);
  const second = await start(configured(folder), false);
  onTestFinished(() => second.stop());
  const lookup = [48, 1, {}, 'wamp.subscription.lookup', ['com.news']];
  const [, found = []] = await say(second.greeting, lookup);
  const [, events] = await say(second.greeting, [48, 1, {}, 'wamp.subscription.get_events', found[3]]);
  expect(events).toMatchObject([50, 1, {}, [{ args: ['one'] }]]);
});

test('DUR-12 check opens no store, and reports an unusable file with its place', async () => {
  const folder = freshFolder();
  await rehearse(configured(folder), false);
  expect(existsSync(join(folder, 'events.db'))).toBe(false);
  writeFileSync(join(folder, 'events.db'), 'no database'.repeat(100));
  await expect(start(configured(folder), false)).rejects.toThrow(
    /wamp\.yaml:3:16: store\.path: cannot open .*events\.db: file is not a database/,
  );
});

test('DUR-12 a router whose store fails is not ready', () => {
  const status = { failing: undefined, written: 0, commits: 0, failures: 0, lost: 0, pending: 0 };
  expect(storeCheck({ status })()).toBeUndefined();
  expect(storeCheck({ status: { ...status, failing: 'disk is full' } })()).toEqual({
    code: 'store_failing',
    why: 'disk is full',
  });
});
