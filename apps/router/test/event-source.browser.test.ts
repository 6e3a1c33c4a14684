/** EventSource in a real browser: it loses its connection, and recovers exactly what it missed. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { logTo } from '../src/log.ts';
import { start } from '../src/start.ts';
import { Browsing, noBrowser, OPENING_TIMEOUT } from './browser.ts';

let browsing: Browsing | undefined;
beforeAll(async () => {
  browsing = await Browsing.open();
}, OPENING_TIMEOUT);
afterAll(() => browsing?.[Symbol.asyncDispose]());

const PAGE = `<!doctype html><title>News</title><script>
  const told = (window.told = []);
  const events = new EventSource('/api/subscribe?topic=com.news');
  events.onmessage = ({ data }) => told.push(JSON.parse(data).args[0]);
  events.addEventListener('wamp.subscribed', ({ data }) => {
    const { complete, recovered } = JSON.parse(data);
    told.push('subscribed, complete ' + complete + ', recovered ' + recovered);
  });
</script>`;

/** A router with the page, on a port of its own. */
async function serve(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'wamp-events-'));
  await writeFile(join(folder, 'index.html'), PAGE);
  const file = join(folder, 'wamp.yaml');
  await writeFile(
    file,
    `
listeners: [{ port: 0, pages: { /: ${folder} }, http_bridges: { /api: { realm: realm1 } } }]
realms: [{ name: realm1, history: [{ topic: com.news, depth: 5 }] }]
`,
  );
  const running = await start(loadConfiguration(file), false, logTo({ write: () => undefined }, 'error'));
  onTestFinished(async () => {
    await running.stop();
    await rm(folder, { recursive: true });
  });
  return Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(running.greeting)?.[1]);
}

/** A line to the router that can be cut. */
class Line {
  isCut = false;
  readonly #sockets = new Set<Socket>();

  /** @returns the port of its near end */
  async lay(to: number): Promise<number> {
    const server = createServer((near) => {
      if (this.isCut) {
        near.destroy();
        return;
      }
      const far = connect(to, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      this.cut();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}

test('an EventSource in Chromium loses its connection, and recovers exactly', async ({ skip }) => {
  const pages = browsing ?? skip(noBrowser);
  const [port, line] = [await serve(), new Line()];
  const page = await pages.page(`http://127.0.0.1:${await line.lay(port)}/`);
  const told = (): Promise<unknown> => page.evaluate('told');
  const publish = async (...numbers: readonly number[]): Promise<void> => {
    for (const number of numbers) {
      const body = JSON.stringify({ topic: 'com.news', args: [number] });
      const headers = { 'content-type': 'application/json' };
      await fetch(`http://127.0.0.1:${port}/api/publish`, { method: 'POST', headers, body });
    }
  };
  await expect.poll(told).toEqual(['subscribed, complete true, recovered 0']);
  await publish(1, 2);
  await expect.poll(told).toEqual([expect.anything(), 1, 2]);
  line.cut();
  await publish(3, 4);
  line.isCut = false;
  const missed = [3, 4, 'subscribed, complete true, recovered 2'];
  await expect.poll(told).toEqual([expect.anything(), 1, 2, ...missed]);
  await publish(5);
  await expect.poll(told).toEqual([expect.anything(), 1, 2, ...missed, 5]);

  line.cut();
  await publish(6, 7, 8, 9, 10, 11);
  line.isCut = false;
  await expect
    .poll(async () => ((await told()) as unknown[]).slice(-6))
    .toEqual([7, 8, 9, 10, 11, 'subscribed, complete false, recovered 5']);
});
