/**
 * Takes the pictures in docs/images of the router as it was built, with real traffic: `npx tsx scripts/screenshots.ts`
 * after `npm run build`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { startBuiltRouter } from '../apps/router/test/workshop.ts';
import { connect, type Session } from '../packages/client/src/index.ts';
import { pictureChat } from './chat-pictures.ts';
import { findBrowser, noBrowser } from './find-browser.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const desktop = { width: 1280, height: 800 };

const found = await findBrowser();
if (found === null) throw new Error(noBrowser);
mkdirSync(images, { recursive: true });
const browser = await chromium.launch(found);
const router = await startBuiltRouter();
try {
  await pictureLanding();
  await pictureChat(browser, images);
  await pictureDashboard();
} finally {
  await browser.close();
  await router[Symbol.asyncDispose]();
}

async function open(path: string, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(router.origin + path);
  return page;
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(images, `${name}.png`), fullPage: name.startsWith('landing') });
  console.log(`docs/images/${name}.png`);
}

async function takeBoth(page: Page, name: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  await take(page, name);
  await page.emulateMedia({ colorScheme: 'dark' });
  await take(page, `${name}-dark`);
}

async function pictureLanding(): Promise<void> {
  const page = await open('/', {});
  await takeBoth(page, 'landing');
  await page.close();
}

/** Two minutes of calls and events at a rate that rises and falls. */
async function pictureDashboard(): Promise<void> {
  const url = `${router.origin.replace('http', 'ws')}/ws`;
  const page = await open('/dashboard/', {});
  const sessions = await Promise.all(Array.from({ length: 5 }, () => connect(url, { realm: 'realm1' })));
  const [server, ...clients] = sessions;
  await server?.register('com.example.add', ([a, b]) => Number(a) + Number(b));
  for (const client of clients) await client.subscribe('com.example.ticks', () => undefined);
  await Promise.all(clients.map((client, index) => beBusy(client, index)));
  await takeBoth(page, 'dashboard');
  await Promise.all(sessions.map((session) => session.close()));
}

async function beBusy(client: Session, index: number): Promise<void> {
  const started = Date.now();
  for (let elapsed = 0; elapsed < 121_000; elapsed = Date.now() - started) {
    const wave = 1.2 + Math.sin(elapsed / 9000 + index / 3) + 0.4 * Math.sin(elapsed / 2300);
    const many = Math.max(1, Math.round(wave * 6));
    for (let n = 0; n < many; n += 1) await client.call('com.example.add', [elapsed, n]);
    if (index % 2 === 0) await client.publish('com.example.ticks', [elapsed], { acknowledge: true });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
