/**
 * Takes the pictures in docs/images of the router as it was built, with real traffic: `npx tsx scripts/screenshots.ts`
 * after `npm run build`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { joinChat, member, say } from '../apps/router/test/chat-page.ts';
import { startBuiltRouter } from '../apps/router/test/workshop.ts';
import { connect, type Session } from '../packages/client/src/index.ts';
import { findBrowser, noBrowser } from './find-browser.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

const found = await findBrowser();
if (found === null) throw new Error(noBrowser);
mkdirSync(images, { recursive: true });
const browser = await chromium.launch(found);
const router = await startBuiltRouter();
try {
  await pictureLanding();
  await pictureChat();
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

async function pictureChat(): Promise<void> {
  const [ada, grace, alan, edsger] = await Promise.all([
    open('/chat/', {}),
    open('/chat/', { viewport: phone, deviceScaleFactor: 2, isMobile: true, hasTouch: true }),
    open('/chat/', {}),
    open('/chat/', {}),
  ]);
  await joinChat(ada, 'Ada');
  await joinChat(alan, 'Alan');
  await joinChat(edsger, 'Edsger', 'attic');
  await joinChat(grace, 'Grace');
  for (const name of ['Alan', 'Grace']) await member(ada, name).waitFor();

  await say(ada, 'Good morning! Is anyone else in this realm?');
  await say(alan, 'I am. Nobody introduced us: I called your procedure, and you told me your name.');
  await heard(ada, 'told me your name');
  await say(alan, 'Your messages come as events.');
  await heard(ada, 'come as events');
  await say(grace, 'So who runs the chat server?');
  await heard(ada, 'So who runs');
  await say(ada, 'Nobody does. There is only the router.');
  await heard(grace, 'There is only the router');
  await alan.getByLabel('Message to lobby').pressSequentially('And when I');
  await ada.getByText('Alan is typing…').waitFor();
  await takeBoth(ada, 'chat');
  await takeBoth(grace, 'chat-phone');
  for (const page of [ada, grace, alan, edsger]) await page.close();
}

async function heard(page: Page, text: string): Promise<void> {
  await page.getByRole('log').getByText(text).waitFor();
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
