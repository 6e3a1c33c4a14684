/** Exit codes: each one by what leads to it, and the tables in the docs by the list in the code. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WampError, type Session } from '@wamp/client';
import { permissions } from '../../router/src/index.ts';
import { Exit } from '../src/io/exit-codes.ts';
import { Place } from './support/place.ts';

let place: Place;
let other: Session;

beforeAll(async () => {
  const actions = ['call', 'register', 'subscribe', 'publish'] as const;
  const roles = {
    anonymous: {
      permissions: [
        { uri: 'com.', match: 'prefix', allow: actions },
        { uri: 'wamp.', match: 'prefix', allow: actions },
        { uri: 'com.secret', match: 'exact', deny: actions },
      ],
    },
  } as const;
  place = await Place.open({ realms: ['realm1'], authorizer: permissions({ roles }) });
  other = await place.join();
  await other.register('com.slow', () => new Promise(() => undefined));
});
afterAll(async () => {
  await other.close();
  await place[Symbol.asyncDispose]();
});

test.each<[exit: number, words: string[], told: RegExp]>([
  [Exit.DONE, ['ping', '--count', '1'], /^$/],
  [Exit.USAGE, [], /^wamp: no command given\n/],
  [Exit.USAGE, ['cal'], /unknown command 'cal' \(Did you mean call\?\)/],
  [
    Exit.USAGE,
    ['call', 'com.a', '--relm', 'x'],
    /unknown option '--relm' \(Did you mean --realm\?\)\n .*wamp call --help/,
  ],
  [Exit.USAGE, ['bench', 'rpcs'], /unknown command 'rpcs' \(Did you mean rpc\?\)/],
  [Exit.USAGE, ['call', 'com.a', '[1'], /begins like JSON/],
  [Exit.USAGE, ['call', 'com.a', '--timeout', '5'], /It must be a duration such as 500ms/],
  [Exit.USAGE, ['call', 'com..a'], /wamp\.error\.invalid_uri/],
  [Exit.USAGE, ['ping', '--url', 'ws://joe:s3cret@127.0.0.1/'], /must not contain credentials/],
  [
    Exit.UNREACHABLE,
    ['ping', '--url', 'ws://127.0.0.1:1/'],
    /network_failure.*ECONNREFUSED.*\n.*Check that a router is listening/,
  ],
  [Exit.REFUSED, ['ping', '--realm', 'com.nowhere'], /wamp\.error\.no_such_realm/],
  [Exit.DENIED, ['call', 'com.secret'], /wamp\.error\.not_authorized.*\n.*wamp-router check --explain/],
  [
    Exit.ABSENT,
    ['call', 'com.nobody'],
    /no_such_procedure: no callee is registered: procedure com\.nobody\n.*wamp registrations/,
  ],
  [Exit.TIMEOUT, ['call', 'com.slow', '--timeout', '10ms'], /wamp\.error\.timeout/],
])('%i: wamp %j', async (exit, words, told) => {
  const outcome = await place.wamp(words);
  expect(outcome.exit, outcome.stderr).toBe(exit);
  expect(outcome.stderr).toMatch(told);
});

test.each(['--secret', '--password', '--ticket', '--secret=x'])(
  '%s on a command line is refused',
  async (option) => {
    const { exit, stderr } = await place.wamp(['ping', option, 's3cret']);
    expect(exit).toBe(Exit.USAGE);
    expect(stderr).toContain('all users of this machine can read command lines');
    expect(stderr).not.toContain('s3cret');
  },
);

test('the connection is lost during a call: 3, with what ended it', async () => {
  await using apart = await Place.open();
  const callee = await apart.join();
  let heard = (): void => undefined;
  const called = new Promise<void>((resolve) => (heard = resolve));
  await callee.register('com.slow', () => {
    heard();
    return new Promise(() => undefined);
  });
  const running = apart.start(['call', 'com.slow']);
  await called;
  await callee.call('wamp.session.kill_all', [], { kwargs: { reason: 'com.example.maintenance' } });
  const { exit, stderr } = await running.ended;
  expect(exit).toBe(Exit.UNREACHABLE);
  expect(stderr).toContain('com.example.maintenance');
  await callee.close();
});

test('a subscription goes on over another connection, unless the session was killed: 3', async () => {
  await using apart = await Place.open();
  const publisher = await apart.join();
  const count = (): Promise<unknown> => publisher.call('wamp.subscription.match', ['com.kept']);
  const running = apart.start(['subscribe', 'com.kept']);
  await expect.poll(count).toHaveLength(1);
  await publisher.call('wamp.session.kill_all', [], { kwargs: { reason: 'wamp.close.system_shutdown' } });
  // The router may still have the old subscription: an event for that one is lost.
  const heard = running.lines(1);
  const over = new AbortController();
  void heard.then(() => over.abort());
  while (!over.signal.aborted) await publisher.publish('com.kept', ['still here'], { acknowledge: true });
  expect(JSON.parse((await heard)[0] ?? '')).toMatchObject({ args: ['still here'] });
  await publisher.call('wamp.session.kill_all');
  const { exit, stderr } = await running.ended;
  expect(exit).toBe(Exit.UNREACHABLE);
  expect(stderr).toContain('the connection was lost');
  expect(stderr).toContain('reconnected to');
  await publisher.close();
});

test('canceled elsewhere: 9; the reader of the output is gone: 0', async () => {
  await other.register('com.canceled', () => {
    throw new WampError('wamp.error.canceled');
  });
  expect(await place.wamp(['call', 'com.canceled'])).toMatchObject({ exit: Exit.CANCELED });
  const running = place.start(['ping', '--interval', '1ms']);
  await running.lines(1);
  running.closeOutput();
  expect(await running.ended).toMatchObject({ exit: Exit.DONE, stderr: '' });
});

describe.each(['../README.md', '../../../docs/cli.md'])('%s', (page) => {
  test('has every exit code, and no other', () => {
    const text = readFileSync(new URL(page, import.meta.url), 'utf8');
    const codes = [...text.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(Exit));
  });
});
