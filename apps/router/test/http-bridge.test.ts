/** The HTTP bridge as it is configured: the examples of docs/http-bridge.md, webhooks from a file, reloads. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { logTo } from '../src/log.ts';
import { start, type Running } from '../src/start.ts';

const PAGE = await readFile(new URL('../../../docs/http-bridge.md', import.meta.url), 'utf8');

interface Served extends Running {
  readonly origin: string;
  readonly log: readonly string[];
  /** Writes another file, and has it read. */
  readonly change: (yaml: string) => Promise<readonly string[]>;
}

async function serve(yaml: string): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'wamp-bridge-'));
  const file = join(folder, 'wamp.yaml');
  await writeFile(file, onAnyPort(yaml));
  const log: string[] = [];
  const running = await start(
    loadConfiguration(file),
    false,
    logTo({ write: (line) => log.push(line) }, 'warn'),
  );
  onTestFinished(async () => {
    await running.stop();
    await rm(folder, { recursive: true });
  });
  const [, origin = ''] = /HTTP +(http:\/\/[^/]+)\//.exec(running.greeting) ?? [];
  return {
    ...running,
    origin,
    log,
    async change(other) {
      await writeFile(file, onAnyPort(other));
      return (await running.reload()).lines;
    },
  };
}

/** On any free port, without pages, which need not be built. */
function onAnyPort(yaml: string): string {
  return yaml
    .replace(/- port: 8080/, '- port: 0\n    pages: false')
    .replace(/\{ port: 0/, '{ pages: false, port: 0');
}

function post(url: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** A line behind a prompt, and what is printed below it. */
function examples(): readonly { readonly line: string; readonly output: string }[] {
  const blocks = [...PAGE.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((text) => {
      const end = text.indexOf('\n');
      return { line: text.slice(0, end), output: text.slice(end + 1) };
    });
}

/** A regular expression for what the page says, where `…` is any text. */
function pattern(output: string): RegExp {
  const parts = output
    .trimEnd()
    .split('…')
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*?')}\\n?$`);
}

/** What a line prints; meanwhile, something is published every now and then. */
async function shell(line: string, meanwhile: () => void): Promise<string> {
  const child = spawn('bash', ['-c', line]);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  const publishing = setInterval(meanwhile, 50);
  await once(child, 'close');
  clearInterval(publishing);
  return printed;
}

test('every example of docs/http-bridge.md prints what the page says', async () => {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(PAGE)?.[1] ?? '';
  const { origin } = await serve(yaml);
  expect(examples().length).toBeGreaterThan(10);
  for (const { line, output } of examples()) {
    const isStream = line.includes('subscribe');
    const printed = await shell(line.replaceAll('http://127.0.0.1:8080', origin), () => {
      if (isStream) void post(`${origin}/api/publish`, { topic: 'com.example.news', args: ['hello'] });
    });
    expect(printed, line).toMatch(pattern(output));
  }
});

/** A receiver of webhooks that keeps what it is sent. */
async function receiver(): Promise<{ readonly url: string; readonly topics: string[] }> {
  const topics: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      topics.push((JSON.parse(text) as { readonly topic: string }).topic);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, topics };
}

const hooked = (topic: string, target: string): string => `
listeners: [{ port: 0, http_bridges: { /api: { realm: realm1 } } }]
realms:
  - name: realm1
    webhooks: [{ topic: ${topic}, target: '${target}', secret: s, allow_private: true }]
`;

test('a webhook of the file gets its events, and another topic after a reload', async () => {
  const { url, topics } = await receiver();
  const { origin, change } = await serve(hooked('com.one', url));
  const publishBoth = async (): Promise<void> => {
    for (const topic of ['com.one', 'com.two']) await post(`${origin}/api/publish`, { topic });
  };
  await publishBoth();
  await expect.poll(() => topics).toEqual(['com.one']);
  expect(await change(hooked('com.two', url))).toEqual(['realm realm1: webhooks changed']);
  await publishBoth();
  await expect.poll(() => topics).toEqual(['com.one', 'com.two']);
});

test('a ticket that a reload withdraws is refused at the next request', async () => {
  const yaml = (ticket: string): string => `
listeners: [{ port: 0, http_bridges: { /api: { realm: realm1 } } }]
realms:
  - name: realm1
    auth: { ticket: { principals: { joe: { ticket: ${ticket}, role: user } } } }
    roles: { user: { permissions: [{ uri: com.one, allow: [publish] }] } }
`;
  const { origin, change } = await serve(yaml('first'));
  const statusWith = async (ticket: string): Promise<number> => {
    const headers = { 'content-type': 'application/json', authorization: `Basic ${btoa(`joe:${ticket}`)}` };
    const body = JSON.stringify({ topic: 'com.one' });
    return (await fetch(`${origin}/api/publish`, { method: 'POST', headers, body })).status;
  };
  expect(await statusWith('first')).toBe(200);
  expect(await change(yaml('second'))).toHaveLength(1);
  expect([await statusWith('first'), await statusWith('second')]).toEqual([401, 200]);
});

test('a dead letter of a webhook is logged, and in the metrics', async () => {
  const refusing = createServer((_request, response) => response.writeHead(410).end());
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void refusing.close());
  const target = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}/`;
  const {
    origin,
    log,
    adminUrl = '',
  } = await serve(`${hooked('com.one', target)}admin: { listener: { port: 0 } }\n`);
  await post(`${origin}/api/publish`, { topic: 'com.one' });
  await expect.poll(() => log).toHaveLength(1);
  expect(JSON.parse(log[0] ?? '')).toMatchObject({
    code: 'webhook_dead_letter',
    topic: 'com.one',
    attempts: 1,
  });
  const metrics = await (await fetch(`${new URL(adminUrl).origin}/metrics`)).text();
  expect(metrics).toMatch(/^wamp_webhook_deliveries_total\{webhook="[^"]+",outcome="dead"\} 1$/m);
});

test('a reload opens the listener anew where its bridges change', async () => {
  const { change } = await serve(hooked('com.one', 'https://app.example/'));
  const lines = await change(hooked('com.one', 'https://app.example/').replace('/api:', '/other:'));
  expect(lines.join()).toMatch(/opened anew for http_bridges/);
});

test('a listener of RawSocket alone serves its bridges over HTTP', async () => {
  const { origin } = await serve(
    hooked('com.one', 'https://app.example/').replace('port: 0,', 'port: 0, transports: [rawsocket],'),
  );
  expect((await post(`${origin}/api/publish`, { topic: 'com.a' })).status).toBe(200);
});
