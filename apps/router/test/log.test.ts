/** The log of a process: whatever becomes of its reader, the process goes on, and what is not written is counted. */
import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compiled } from '../../../test/compiled.ts';
import { LineWriter } from '../src/line-writer.ts';
import { logTo, openLog } from '../src/log.ts';
import { inOneLine } from '../src/one-line.ts';
import { CertificateFolder } from './certificates.ts';
import { Workshop, type RunningRouter } from './workshop.ts';

/** A stream that takes what it is told to, when it is told to. */
class Slow extends Writable {
  readonly taken: string[] = [];
  #go: (() => void) | undefined;
  failure: Error | undefined;
  isHeld = true;

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#go = () => {
      if (this.failure === undefined) this.taken.push(chunk.toString());
      done(this.failure);
    };
    if (!this.isHeld) void this.release();
  }

  /** As the streams of a process do, it goes on after a failure. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error);
    (this as unknown as { _undestroy(): void })._undestroy();
  }

  async release(): Promise<void> {
    this.isHeld = false;
    const go = this.#go;
    this.#go = undefined;
    go?.();
    while (this.writableLength > 0) await turn();
    await turn();
  }
}

describe('lines', () => {
  test('A6 wait up to a bound; what comes beyond is counted, and told once there is room', async () => {
    const stream = new Slow();
    const lines = new LineWriter(stream, 1000);
    for (let n = 0; n < 100; n += 1) lines.write('x'.repeat(99));
    expect(stream.writableLength).toBe(1000);
    expect(lines.missing).toBe(90);
    await stream.release();
    expect(stream.taken).toHaveLength(11);
    expect(stream.taken.at(-1)).toMatch(/^\{"level":"warn",.*"code":"log_lines_missing","missing":90,/);
    expect(lines.missing).toBe(0);
  });

  test.each(['EPIPE', 'ENOSPC'])('A6 that are refused (%s) are counted, and end nothing', async (code) => {
    const stream = new Slow();
    stream.isHeld = false;
    stream.failure = Object.assign(new Error(code), { code });
    const lines = new LineWriter(stream);
    for (let n = 0; n < 3; n += 1) {
      lines.write('lost');
      await turn();
    }
    expect(lines.missing).toBe(3);
    stream.failure = undefined;
    lines.write('heard');
    await stream.release();
    expect(stream.taken[0]).toBe('heard\n');
    expect(stream.taken[1]).toContain('"missing":3');
  });

  test('A6 are short, whatever the facts are', () => {
    const uri = 'a'.repeat(512);
    expect(inOneLine({ uri })).toContain(uri);
    expect(inOneLine({ uri: `${uri}b` }).length).toBeLessThan(600);
    expect(inOneLine({ list: Array.from({ length: 100_000 }, () => 0) })).toMatch(
      /^\{"list":\[(0,){20}"…"\]\}$/,
    );
  });
});

describe('entries', () => {
  const entries = (): { written: string[]; lines: { write(line: string): void } } => {
    const written: string[] = [];
    return { written, lines: { write: (line) => written.push(line) } };
  };

  test('are a line of JSON each: level, time, the facts, and what happened', () => {
    const { written, lines } = entries();
    const { log } = logTo(lines, 'info');
    log('warn', 'slow consumer', { code: 'slow_consumer', session: 7, level: 'low', error: new Error('no') });
    log('debug', 'connection opened', { code: 'connection_opened' });
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      code: 'slow_consumer',
      session: 7,
      level_: 'low',
      error: expect.stringMatching(/^Error: no\n/) as string,
      msg: 'slow consumer',
    });
  });

  test('begin to be written when the level is changed while the router runs', () => {
    const { written, lines } = entries();
    const log = logTo(lines, 'warn');
    log.log('debug', 'one', { code: 'internal_error' });
    log.level = 'debug';
    log.log('debug', 'two', { code: 'internal_error' });
    log.level = 'error';
    log.log('warn', 'three', { code: 'internal_error' });
    expect(log.level).toBe('error');
    expect(written.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['two']);
  });

  test('are formatted on a terminal, one line each, without control characters', async () => {
    const stream = new Slow();
    stream.isHeld = false;
    const auto = { level: 'info', format: 'auto' } as const;
    const { log } = await openLog(auto, new LineWriter(stream), true);
    log('info', 'log-in refused', {
      code: 'login_refused',
      authid: 'a\nb\u001b[31m\u202e',
      error: new Error('no'),
    });
    await stream.release();
    const line = stream.taken.join('');
    expect(line).toMatch(/INFO.*log-in refused.*"authid":"a\\nb\\u001b\[31m\\u202e"/);
    expect(line.trimEnd()).not.toContain('\n');
    const { log: json } = await openLog(auto, new LineWriter(stream), false);
    json('info', 'two', { code: 'internal_error' });
    await stream.release();
    expect(stream.taken.at(-1)).toMatch(/^\{"level":"info",/);
  });
});

test('A6 a process whose log is not read keeps 1 MiB of it, continues, and reports what is missing', async () => {
  const unread = join(await compiled({ unread: 'apps/router/test/unread.ts' }), 'unread.js');
  const stdio: StdioOptions = ['pipe', 'pipe', 'inherit', 'pipe'];
  const child = spawn(process.execPath, [unread, '5000'], { stdio });
  const [, stdout, , pipe] = child.stdio;
  if (stdout === null) throw new Error('the process has no stdout');
  const [said] = (await once(createInterface(stdout), 'line')) as [string];
  const { waiting, missing } = JSON.parse(said) as { waiting: number; missing: number };
  expect(waiting).toBeLessThanOrEqual(2 ** 20);
  expect(missing).toBeGreaterThan(3000);
  let log = '';
  pipe?.on('data', (chunk) => {
    log += String(chunk);
    if (log.includes('are missing')) child.stdin?.end();
  });
  await once(child, 'close');
  const written = log.trimEnd().split('\n');
  expect(written).toHaveLength(5000 - missing + 1);
  expect(written.at(-1)).toContain(`"missing":${missing}`);
});

describe('a router', () => {
  const page = { 'index.html': '<title>stand-in</title>' };
  const CONFIGURATION = 'listeners: [{ port: 0 }]\nrealms: [{ name: realm1 }]\nlog: { level: debug }\n';
  let workshop: Workshop;
  let folder: CertificateFolder;
  beforeAll(async () => {
    folder = await CertificateFolder.open();
    workshop = await Workshop.open({ chat: page, dashboard: page });
  });
  afterAll(async () => {
    await workshop[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** Causes a line in the log, and waits until the router has done with us. */
  async function offend({ origin }: RunningRouter): Promise<void> {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(Buffer.of(0x7f, 0xf1, 0, 0, 0, 0, 0, 2, 0x7b, 0x7d));
    socket.resume();
    await once(socket, 'close');
  }

  async function serves({ origin }: RunningRouter): Promise<number> {
    return (await fetch(`${origin}/health`)).status;
  }

  test('A6 outlives the reader of its log', async () => {
    const router = await workshop.startFrom(await folder.write('wamp.yaml', CONFIGURATION));
    router.closeLog();
    for (let n = 0; n < 5; n += 1) await offend(router);
    expect(await serves(router)).toBe(200);
    router.kill('SIGTERM');
    expect((await router.ended).code).toBe(0);
  });

  test.skipIf(!existsSync('/dev/full'))('A6 outlives a log on a disk that is full', async () => {
    const full = openSync('/dev/full', 'w');
    const router = await workshop.startFrom(await folder.write('wamp.yaml', CONFIGURATION), {}, full);
    closeSync(full);
    for (let n = 0; n < 5; n += 1) await offend(router);
    expect(await serves(router)).toBe(200);
    router.kill('SIGTERM');
    expect((await router.ended).code).toBe(0);
  });

  test.skipIf(process.platform === 'win32')('C1 outlives signals that mean nothing to it', async () => {
    const router = await workshop.startFrom(await folder.write('wamp.yaml', CONFIGURATION));
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) router.kill(signal);
    expect(await serves(router)).toBe(200);
    router.kill('SIGTERM');
    const { code, stderr } = await router.ended;
    expect(code).toBe(0);
    // The inspector would say where it listens.
    expect(stderr).not.toContain('Debugger');
  });
});
