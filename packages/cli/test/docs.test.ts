/** Runs the examples of docs/cli.md, line by line, and compares what they print with what the page says. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { result, type Invocation, type Session } from '@wamp/client';
import { defaultFeatures } from '../../router/src/index.ts';
import { Place } from './support/place.ts';
import { PROGRAM } from './support/program.ts';

let place: Place;
let other: Session;

beforeAll(async () => {
  const history = [{ topic: 'com.example.log', depth: 10 }] as const;
  place = await Place.open({ realms: ['realm1'], features: defaultFeatures({ history }) });
  other = await place.join();
  await other.register('com.example.add', ([a, b]: number[]) => (a ?? 0) + (b ?? 0));
  await other.register('com.example.countdown', async function* ([from]: number[]) {
    for (let left = from ?? 0; left > 0; left -= 1) yield left;
    return await Promise.resolve('liftoff');
  });
  await other.register(
    'com.example.greet',
    (_args, { kwargs }: Invocation) => `Hello, ${String(kwargs['name'])}!`,
  );
  await other.register('com.example.where', () => result([52.5, 13.4], { city: 'Berlin' }));
  for (const text of ['first', 'second', 'third'])
    await other.publish('com.example.log', [text], { acknowledge: true });
  const bin = join(place.home, 'bin');
  mkdirSync(bin);
  const words = PROGRAM.map((word) => `'${word}'`).join(' ');
  writeFileSync(join(bin, 'wamp'), `#!/bin/sh\nexec ${words} "$@"\n`);
  chmodSync(join(bin, 'wamp'), 0o755);
});
afterAll(async () => {
  await other.close();
  await place[Symbol.asyncDispose]();
});

/** A line behind a prompt, and what is printed below it. */
interface Example {
  readonly line: string;
  readonly output: string;
}

function examples(): Example[] {
  const page = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((text) => {
      const end = text.indexOf('\n');
      return { line: text.slice(0, end), output: text.slice(end + 1) };
    });
}

/** A regular expression for what the page says, where `…` is any text. */
function pattern(output: string): RegExp {
  const parts = output.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*?')}$`);
}

/** Starts a line in a shell; resolves with everything that it prints. */
async function shell(line: string): Promise<string> {
  const { PATH = '' } = process.env;
  const child = spawn('bash', ['-c', line], {
    cwd: place.home,
    env: { PATH: `${join(place.home, 'bin')}:${PATH}`, HOME: place.home, WAMP_URL: place.url },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  await once(child, 'close');
  return printed;
}

test('every example of docs/cli.md prints what the page says', async () => {
  const background: Promise<void>[] = [];
  expect(examples().length).toBeGreaterThan(20);
  for (const { line, output } of examples()) {
    const procedure = /wamp register (\S+).* &$/.exec(line)?.[1];
    if (procedure === undefined) {
      expect(await shell(line), line).toMatch(pattern(output));
    } else {
      const printed = shell(line.replace(/&$/, ''));
      background.push(printed.then((text) => expect(text, line).toMatch(pattern(output))));
      await expect
        .poll(() => other.call('wamp.registration.lookup', [procedure]), { interval: 50 })
        .toEqual(expect.any(Number));
    }
  }
  await Promise.all(background);
});
