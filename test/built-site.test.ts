/** The site of the documentation as it is built: links, weight, headings, descriptions, contrast in both schemes, and the search. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import { seriousFindings } from '../apps/router/test/axe.ts';
import { Browsing, noBrowser } from '../apps/router/test/browser.ts';
import { builtPages, deadLinks, type BuiltPage } from '../scripts/site/links.ts';
import { siteServer } from '../scripts/site/serve.mjs';
import { runTool } from '../scripts/workspace.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
/** What a page may weigh with its scripts, styles and fonts, compressed; and what its images may (bytes). */
const MOST = { page: 260 * 1024, images: 700 * 1024 };

let folder = '';
let origin = '';
let pages: readonly BuiltPage[] = [];
let browsing: Browsing | undefined;
const server = { close: (): void => undefined };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wamp-site-'));
  const { ok, output } = await runTool('vitepress', ['build', 'docs', '--outDir', folder]);
  if (!ok) throw new Error(output);
  pages = builtPages(folder).filter(({ path }) => path !== '404.html');
  const serving = siteServer(folder).listen(0, '127.0.0.1');
  await once(serving, 'listening');
  server.close = () => void serving.close();
  origin = `http://127.0.0.1:${String((serving.address() as AddressInfo).port)}`;
  browsing = await Browsing.open();
});
afterAll(async () => {
  await browsing?.[Symbol.asyncDispose]();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function browser({ skip }: TestContext): Browsing {
  return browsing ?? skip(noBrowser);
}

/** The texts that a pattern captures. */
function captured(html: string, pattern: RegExp): readonly string[] {
  return [...html.matchAll(pattern)].map(([, text = '']) => text);
}

test('no link leads to a page, a heading, an image or a source that is not there', () => {
  expect(pages.length).toBeGreaterThan(45);
  // The reference of the API is built, and checked, by `npm run docs`.
  expect(deadLinks(folder, root, /^\/api\/[\w-]+\/index\.html$/)).toEqual([]);
});

test('each page has a language, a title of its own and a description, and fits phones', () => {
  const heads = pages.map(({ path, html }) => ({
    path,
    language: captured(html, /<html lang="(\w+)"/g)[0],
    title: captured(html, /<title>([^<]+)<\/title>/g)[0],
    description: captured(html, /<meta name="description" content="([^"]+)"/g)[0] ?? '',
    viewport: html.includes('<meta name="viewport" content="width=device-width'),
  }));
  expect(heads.filter(({ language, viewport }) => language !== 'en' || !viewport)).toEqual([]);
  expect(heads.filter(({ description }) => description.length < 20)).toEqual([]);
  expect(new Set(heads.map(({ title }) => title)).size).toBe(pages.length);
});

test('headings come in order, and each image has a text', () => {
  for (const { path, html } of pages) {
    // The home page has no other headings, and no `main`.
    const main = html.slice(Math.max(0, html.indexOf('<main')));
    const levels = captured(main, /<h([1-6])[ >]/g).map(Number);
    expect(
      levels.filter((level) => level === 1),
      path,
    ).toHaveLength(1);
    for (const [at, level] of levels.slice(1).entries())
      expect(level, path).toBeLessThanOrEqual((levels[at] ?? 0) + 1);
    expect(captured(html, /(<img(?![^>]* alt=)[^>]*>)/g), path).toEqual([]);
    expect(captured(main, /(<img[^>]* alt="")/g), path).toEqual([]);
  }
});

test('a page weighs little, and so do its images', () => {
  const weights = pages.map(({ path, html }) => {
    const loaded = captured(html, /<(?:script|link)\b[^>]*(?:src|href)="(\/assets\/[^"]+)"/g);
    const images = captured(html, /<img[^>]* src="(\/[^"]+)"/g);
    return {
      path,
      page: gzipSync(html).length + sum(loaded, (file) => gzipSync(readFileSync(join(folder, file))).length),
      images: sum(images, (file) => statSync(join(folder, file)).size),
    };
  });
  expect(weights.filter(({ page, images }) => page > MOST.page || images > MOST.images)).toEqual([]);
});

function sum(files: readonly string[], sizeOf: (file: string) => number): number {
  return [...new Set(files)].reduce((total, file) => total + sizeOf(file), 0);
}

/** The page is written before its scripts run, and listens to keys and clicks once its application is mounted. */
const MOUNTED = "'__vue_app__' in document.querySelector('#app')";

/** What does not depend on the colour scheme. */
const STRUCTURE: RunOptions = {
  rules: {
    'color-contrast': { enabled: false },
    // The button of the search, which is the theme's, shows its keys beside its name.
    'label-content-name-mismatch': { enabled: false },
  },
};
const CONTRAST: RunOptions = { runOnly: ['color-contrast'] };

/**
 * Gives the attribute `data-look` to three texts of each look that is not known. The look of a text decides on its contrast: its colour,
 * size and weight, and what is painted behind it. One of the three may be covered by another element; then axe says nothing of it.
 * @returns the looks that were not known
 */
function markNewLooks(known: readonly string[]): readonly string[] {
  const behind = new Map<Element | null, string>([[null, '']]);
  const paintedBehind = (element: Element | null): string => {
    const ready = behind.get(element);
    if (ready !== undefined || element === null) return ready ?? '';
    const { backgroundColor, backgroundImage, opacity, filter } = getComputedStyle(element);
    const own = `${backgroundColor} ${backgroundImage} ${opacity} ${filter}`;
    const isClear = own === 'rgba(0, 0, 0, 0) none 1 none';
    const all = `${paintedBehind(element.parentElement)}${isClear ? '' : ` on ${own}`}`;
    behind.set(element, all);
    return all;
  };
  const found = new Map<string, number>();
  for (const element of document.querySelectorAll('body *')) {
    element.removeAttribute('data-look');
    const hasText =
      element.matches('input, textarea, select') ||
      [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim() !== '',
      );
    if (!hasText || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
    const look = `${color} ${fontSize} ${fontWeight} ${textShadow}${paintedBehind(element)}`;
    const count = found.get(look) ?? 0;
    if (known.includes(look) || count === 3) continue;
    found.set(look, count + 1);
    element.setAttribute('data-look', '');
  }
  return [...found.keys()];
}

/** Follows a link to a page as a reader does: the site loads what the page adds, and axe stays. */
async function follow(page: Page, { path, html }: BuiltPage): Promise<void> {
  await page.evaluate((href) => {
    const link = document.createElement('a');
    link.href = href;
    document.body.append(link);
    link.click();
    link.remove();
  }, `/${path}`);
  const title = captured(html, /<title>([^<]+)<\/title>/g)[0]?.replaceAll('&amp;', '&');
  await page.waitForFunction((wanted) => document.title === wanted, title);
}

/** Makes each sample of code one text: its colors have been judged, and axe looks at thousands of words of code for long. */
function joinWordsOfCode(): void {
  for (const code of document.querySelectorAll('pre code')) code.replaceChildren(code.textContent);
}

test('axe finds nothing serious in any page, in light and in dark', async (context) => {
  const page = await browser(context).page(origin);
  const known = { light: [] as string[], dark: [] as string[] };
  const found: Record<string, readonly string[]> = {};
  await page.waitForFunction(MOUNTED);
  for (const built of pages) {
    await follow(page, built);
    const serious: string[] = [];
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator(scheme === 'dark' ? 'html.dark' : 'html:not(.dark)').waitFor();
      const looks = await page.evaluate(markNewLooks, known[scheme]);
      known[scheme].push(...looks);
      if (looks.length > 0) serious.push(...(await seriousFindings(page, CONTRAST, '[data-look]')));
    }
    await page.evaluate(joinWordsOfCode);
    serious.push(...(await seriousFindings(page, STRUCTURE)));
    if (serious.length > 0) found[built.path] = serious;
  }
  expect(found).toEqual({});
});

test('the search finds a page without any other site', async (context) => {
  const asked: string[] = [];
  const page = await browser(context).page(origin);
  page.on('request', (request) => asked.push(request.url()));
  await page.reload();
  await page.waitForFunction(MOUNTED);
  await page.keyboard.press('Control+k');
  await page.getByRole('searchbox').fill('progressive');
  await page.getByRole('option').first().waitFor();
  expect(asked.filter((url) => !url.startsWith(origin))).toEqual([]);
});
