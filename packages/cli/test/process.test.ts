/** The program as a process: it ends cleanly when its reader or its user goes, and shows no secret to the machine. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Invocation, Session } from '@wamp/client';
import { sessions } from '@wamp/client/meta';
import { scram, scramCredentials } from '../../router/src/index.ts';
import { Place } from './support/place.ts';
import { PROGRAM, start } from './support/program.ts';

let place: Place;
let other: Session;

beforeAll(async () => {
  place = await Place.open();
  other = await place.join();
});
afterAll(async () => {
  await other.close();
  await place[Symbol.asyncDispose]();
});

/** Resolves when somebody listens to the topic. */
async function subscribed(topic: string): Promise<void> {
  await expect
    .poll(() => other.call('wamp.subscription.lookup', [topic]), { interval: 20 })
    .toEqual(expect.any(Number));
}

test('wamp subscribe | head -1 ends when head has gone, and says nothing', async () => {
  const command = `"$@" subscribe com.pipe --output json | head -1; echo "\${PIPESTATUS[0]}"`;
  const shell = spawn('bash', ['-c', command, 'bash', ...PROGRAM], {
    env: { ...process.env, WAMP_URL: place.url },
  });
  let [stdout, stderr] = ['', ''];
  shell.stdout.on('data', (chunk) => (stdout += String(chunk)));
  shell.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const closed = once(shell, 'close');
  await subscribed('com.pipe');
  // The reader takes one line and goes; the program hears of it when it writes again.
  const over = new AbortController();
  void closed.then(() => over.abort());
  for (let number = 1; !over.signal.aborted; number += 1) {
    await other.publish('com.pipe', [number], { acknowledge: true });
  }
  const [line = '', code] = stdout.trim().split('\n');
  expect(JSON.parse(line)).toMatchObject({ topic: 'com.pipe', args: [1] });
  expect(code).toBe('0');
  expect(stderr).toBe('');
});

test.each(['/dev/null', '"$PWD/package.json"'])('standard input may be the file %s', async (file) => {
  const shell = spawn('bash', ['-c', `"$@" call wamp.session.count < ${file}`, 'bash', ...PROGRAM], {
    env: { ...process.env, WAMP_URL: place.url },
  });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(shell, 'close')) as [number];
  expect({ code, output }).toEqual({ code: 0, output: '2\n' });
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a subscription with GOODBYE and exit code 0',
  async (signal) => {
    const left: unknown[] = [];
    const watch = await sessions(other).onLeave(({ session }) => left.push(session));
    const program = start(['subscribe', `com.${signal.toLowerCase()}`, '--output', 'json'], {
      WAMP_URL: place.url,
    });
    await subscribed(`com.${signal.toLowerCase()}`);
    program.child.kill(signal);
    const { code, stderr } = await program.ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect.poll(() => left.length).toBe(1);
    await watch.unsubscribe();
  },
);

test('Ctrl-C while a call is not answered cancels it, and ends with 130', async () => {
  let heard = (_signal: AbortSignal): void => undefined;
  const called = new Promise<AbortSignal>((resolve) => (heard = resolve));
  await other.register('com.never', (_args, { signal }: Invocation) => {
    heard(signal);
    return new Promise(() => undefined);
  });
  const program = start(['call', 'com.never'], { WAMP_URL: place.url });
  const signal = await called;
  program.child.kill('SIGINT');
  expect(await program.ended).toEqual({ code: 130, signal: null, stderr: '' });
  await expect.poll(() => signal.aborted).toBe(true);
});

test('a secret is in no command line and in no output, be it right or wrong', async () => {
  const joe = {
    authrole: 'user',
    ...(await scramCredentials('s3cret-pencil', { kdf: 'pbkdf2', iterations: 4096 })),
  };
  await using closed = await Place.open({
    realms: ['realm1'],
    authenticators: [scram(new Map([['joe', joe]]))],
  });
  const words = [
    'subscribe',
    'com.a',
    '--auth',
    'scram',
    '--authid',
    'joe',
    '--secret-file',
    '-',
    '--output',
    'json',
  ];
  for (const [secret, code] of [
    ['s3cret-pencil', 0],
    ['s3cret-crayon', 4],
  ] as const) {
    const program = start(words, { WAMP_URL: closed.url });
    let said = '';
    program.child.stdout?.on('data', (chunk) => (said += String(chunk)));
    program.child.stdin?.end(`${secret}\n`);
    if (code === 0) {
      await expect
        .poll(() => closed.router.metrics.read().find(({ name }) => name === 'wamp_subscriptions'))
        .toMatchObject({ samples: [{ value: 1 }] });
      const table = execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(program.child.pid)], {
        encoding: 'utf8',
      });
      expect(table).toContain('--secret-file -');
      expect(table).not.toContain('s3cret');
      program.child.kill('SIGTERM');
    }
    const ended = await program.ended;
    expect(ended.code, ended.stderr).toBe(code);
    expect(said + ended.stderr).not.toContain('s3cret');
  }
});
