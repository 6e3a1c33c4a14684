/** The pages of the documentation: every link leads to a file and a heading, and the site lists every page. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const pagesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => folder + name);
const examples = readdirSync(new URL('examples/', root))
  .map((name) => `examples/${name}/README.md`)
  .filter((path) => existsSync(new URL(path, root)));
const pages = [
  ...pagesIn('docs/'),
  ...pagesIn('docs/client/'),
  ...examples,
  'examples/README.md',
  'README.md',
];

/** The text of a page without its blocks of code and its code in lines. */
function proseOf(page: string): string {
  return page
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));
}

/** Headings as GitHub and the site address them. */
function anchorsOf(page: string): Set<string> {
  const headings = page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(pages)('every link of %s leads to a file and a heading', (page) => {
  const links = [...proseOf(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const dead = links.filter((link) => {
    if (/^(\w+:|\/api\/)/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const url = path === '' ? new URL(page, root) : new URL(path, new URL(page, root));
    if (!existsSync(url)) return true;
    return (
      anchor !== undefined &&
      url.pathname.endsWith('.md') &&
      !anchorsOf(readFileSync(url, 'utf8')).has(anchor)
    );
  });
  expect(dead).toEqual([]);
});

test('the site lists every page of docs/, and no page that is not there', () => {
  const config = read('docs/.vitepress/config.ts');
  const listed = [...config.matchAll(/^ {4}'?([\w/-]+)'?: '/gm)].map(([, link = '']) =>
    link.replace(/\/$/, '/README'),
  );
  const existing = pages
    .filter((page) => page.startsWith('docs/') && page !== 'docs/index.md')
    .map((page) => page.replace('docs/', '').replace('.md', ''));
  expect(listed.sort()).toEqual(existing.sort());
});

test('each page has one title, and no heading skips a level', () => {
  for (const page of pages.filter((path) => path !== 'docs/index.md')) {
    const levels = [...proseOf(read(page)).matchAll(/^(#+) /gm)].map(([, marks = '']) => marks.length);
    expect(
      levels.filter((level) => level === 1),
      page,
    ).toHaveLength(1);
    expect(levels[0], page).toBe(1);
    for (const [at, level] of levels.slice(1).entries())
      expect(level, page).toBeLessThanOrEqual((levels[at] ?? 0) + 1);
  }
});

test('README.md has at most 120 lines', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});
