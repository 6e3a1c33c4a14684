/** What guests of the configuration that `wamp-router init` writes do with the program `wamp`: nothing of it is denied. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startWamp, type Running } from '../../../packages/cli/test/support/terminal.ts';
import { readConfiguration } from '../src/config/load.ts';
import { writeExample } from '../src/init.ts';
import { start } from '../src/start.ts';

/** Serves what `init` writes, on a free port and without pages. @returns starts `wamp` there */
async function serve(): Promise<(...words: readonly string[]) => Running> {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-guests-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'wamp.yaml');
  writeExample(file);
  const text = readFileSync(file, 'utf8')
    .replace('port: 8080', 'port: 0\n    pages: false')
    .replace('port: 9480', 'port: 0');
  const running = await start(readConfiguration(text, { file, environment: {} }), false);
  onTestFinished(() => running.stop());
  const url = running.greeting.split(/\s+/).find((word) => word.startsWith('ws:')) ?? '';
  return (...words) => startWamp(words, { HOME: folder, WAMP_URL: url }, { stdin: '' });
}

test('a guest calls, registers, publishes, subscribes, measures and watches, and is denied nothing', async () => {
  const wamp = await serve();
  const exit = async (...words: readonly string[]): Promise<number> => (await wamp(...words).ended).exit;
  const callee = wamp('register', 'com.example.echo');
  await expect.poll(() => exit('call', 'com.example.echo', 'hello')).toBe(0);
  callee.interrupt();
  let hasHeard = false;
  const heard = wamp('subscribe', 'com.example.news', '--count', '1').ended.then(({ exit: code }) => {
    hasHeard = true;
    return code;
  });
  await expect.poll(() => exit('publish', 'com.example.news', 'hello').then(() => hasHeard)).toBe(true);
  const others = [
    ['ping', '--count', '3', '--interval', '1ms'],
    ['sessions'],
    ['bench', 'rpc', '--count', '5'],
    ['bench', 'pubsub', '--count', '5', '--subscribers', '2'],
    ['bench', 'join', '--count', '2'],
  ];
  for (const words of others) expect([words, await exit(...words)]).toEqual([words, 0]);
  expect([await heard, (await callee.ended).exit]).toEqual([0, 0]);
  const { stdout } = await wamp('top', '--count', '1').ended;
  expect(JSON.parse(stdout)).toMatchObject({ totals: { requests_denied: 0 }, by_type: { denied: {} } });
});
