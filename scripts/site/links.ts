/** The links of a built site: which of them lead nowhere. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

/** What links to sources begin with; the rest is a path in the repository. */
const SOURCES = /^https:\/\/github\.com\/wamp-ts\/wamp\/(?:blob|tree)\/main\/([^#?]*)/;

/** A page as it was built. */
export interface BuiltPage {
  /** Relative to the site, such as `client/call.html`. */
  readonly path: string;
  readonly html: string;
}

/** All pages of a site, in alphabetical order. @param folder of the built site */
export function builtPages(folder: string): readonly BuiltPage[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.html'))
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, html: readFileSync(join(folder, path), 'utf8') }));
}

/**
 * The links, images and scripts of a site that lead to no file of it, to no place within its page, or to no file of the
 * repository; each with its page. Other sites are not asked.
 * @param skipped what links need not be there, such as a part that is built later
 */
export function deadLinks(folder: string, root: string, skipped?: RegExp): readonly string[] {
  const ids = new Map<string, ReadonlySet<string>>();
  const idsOf = (file: string): ReadonlySet<string> => {
    const known = ids.get(file) ?? idsIn(readFileSync(file, 'utf8'));
    ids.set(file, known);
    return known;
  };
  return builtPages(folder).flatMap(({ path, html }) =>
    [...new Set(linksIn(html))]
      .filter((link) => skipped?.test(link) !== true && isDead(link, path, { folder, root, idsOf }))
      .map((link) => `${path}: ${link}`),
  );
}

interface Site {
  readonly folder: string;
  readonly root: string;
  readonly idsOf: (file: string) => ReadonlySet<string>;
}

function isDead(link: string, from: string, { folder, root, idsOf }: Site): boolean {
  const source = SOURCES.exec(link)?.[1];
  // What is built or installed is not in the repository.
  if (source !== undefined)
    return (
      /(?:^|\/)(?:node_modules|dist)\//.test(source) || !existsSync(join(root, decodeURIComponent(source)))
    );
  if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(link)) return false;
  const [address = '', anchor = ''] = link.split('#');
  const [path = ''] = address.split('?');
  const file = fileOf(folder, path === '' ? from : posix.join('/', posix.dirname(from), path), path);
  if (file === undefined) return true;
  if (anchor === '' || !file.endsWith('.html')) return false;
  return !idsOf(file).has(decodeURIComponent(anchor));
}

/** The file that is served at an address; absolute ones begin at the root of the site. */
function fileOf(folder: string, resolved: string, given: string): string | undefined {
  const path = decodeURIComponent(given.startsWith('/') ? given : resolved);
  return [path, `${path}.html`, posix.join(path, 'index.html')]
    .map((each) => join(folder, each))
    .find((each) => existsSync(each) && statSync(each).isFile());
}

function linksIn(html: string): readonly string[] {
  return [...html.matchAll(/<(?:a|link|img|script)\b[^>]*?\s(?:href|src)="([^"]*)"/g)].map(([, link = '']) =>
    link.replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
  );
}

function idsIn(html: string): ReadonlySet<string> {
  return new Set(
    [...html.matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id = '']) => id.replaceAll('&amp;', '&')),
  );
}
