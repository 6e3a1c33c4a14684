/**
 * Takes the pictures in docs/images of the router as it was built, with real traffic: `npx tsx scripts/screenshots.ts`
 * after `npm run build`. Words behind it name those to take: `landing`, `chat`, `console`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { startBuiltRouter } from '../apps/router/test/workshop.ts';
import { pictureChat } from './chat-pictures.ts';
import { pictureConsole } from './console-pictures.ts';
import { findBrowser, noBrowser } from './find-browser.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const desktop = { width: 1280, height: 800 };

const found = await findBrowser();
if (found === null) throw new Error(noBrowser);
mkdirSync(images, { recursive: true });
const browser = await chromium.launch(found);
const router = await startBuiltRouter();
try {
  if (isWanted('landing')) await pictureLanding();
  if (isWanted('chat')) await pictureChat(browser, images);
  if (isWanted('console')) await pictureConsole(browser, take);
} finally {
  await browser.close();
  await router[Symbol.asyncDispose]();
}

function isWanted(what: string): boolean {
  const named = process.argv.slice(2);
  return named.length === 0 || named.includes(what);
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
