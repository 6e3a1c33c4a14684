/**
 * Takes the pictures in docs/images of the router as it was built, with real traffic: `npx tsx scripts/screenshots.ts`
 * after `npm run build`. Words behind it name those to take: `landing`, `chat`, `console`, `examples`, `site`, `moving`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type BrowserContextOptions, type Page } from 'playwright-core';
import { startWithWebApps } from '../apps/router/test/workshop.ts';
import { pictureChat } from './chat-pictures.ts';
import { pictureConsole } from './console-pictures.ts';
import { pictureExamples, pictureSite } from './example-pictures.ts';
import { findBrowser, noBrowser } from './find-browser.ts';
import { pictureMoving } from './moving-picture.ts';
import { takeAll } from './picture-sizes.ts';
import { writePicture } from './picture-file.ts';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const desktop = { width: 1280, height: 800 };

const found = await findBrowser();
if (found === null) throw new Error(noBrowser);
mkdirSync(images, { recursive: true });
const browser = await chromium.launch(found);
const router = await startWithWebApps();
try {
  if (isWanted('landing')) await pictureLanding();
  if (isWanted('chat')) await pictureChat(browser, images);
  if (isWanted('console')) await pictureConsole(browser, take);
  if (isWanted('examples')) await pictureExamples(browser, take);
  if (isWanted('site')) await pictureSite(browser, take);
  if (isWanted('moving')) await pictureMoving(browser, join(images, 'moving.png'));
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
  writePicture(join(images, `${name}.png`), await page.screenshot({ fullPage: name.startsWith('landing') }));
  console.log(`docs/images/${name}.png`);
}

async function pictureLanding(): Promise<void> {
  const page = await open('/', {});
  await takeAll(page, 'landing', take);
  await page.goto(`${router.origin}/nowhere`);
  await takeAll(page, 'not-found', take);
  await page.close();
}
