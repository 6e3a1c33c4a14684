/** The web pages of the router, read into memory once, so that requests do not access the disk. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { PagesConfiguration, PagesRule } from './config/pages.ts';
import { CannotStart } from './failure.ts';

/** A file, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** The compressed body, if it is smaller. */
  readonly gzip: Buffer | undefined;
  /** Likewise, if there is a precompressed file. */
  readonly brotli?: Buffer | undefined;
  readonly etag: string;
  /** Whether its name changes with its content. */
  readonly immutable: boolean;
  /** How long browsers may cache it without validation (ms). Default: 0. */
  readonly cache?: number;
  /** True for pages of the operator, which get no restrictive headers. */
  readonly isForeign?: boolean;
}

/** Assets by URL path; the path of a folder stands for its index page. */
export type Site = ReadonlyMap<string, Asset>;

const types: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
};
const compressible = new Set([
  '.css',
  '.html',
  '.js',
  '.json',
  '.map',
  '.mjs',
  '.svg',
  '.txt',
  '.wasm',
  '.xml',
]);

/** The landing page at `/`, and the web apps below. */
function loadSites(): Site {
  return new Map([
    ...load(fileURLToPath(new URL('../public/', import.meta.url)), '/'),
    ...load(builtApp('chat'), '/chat/'),
    ...load(builtApp('dashboard'), '/dashboard/'),
  ]);
}

/** What a listener serves. */
export interface Pages {
  readonly site: Site;
  /** For unknown paths below each of these: the index page of a single-page application. */
  readonly fallbacks: readonly { readonly base: string; readonly index: Asset }[];
}

/** The total size limit of the files of one listener (bytes), because they are kept in memory. */
const MOST_BYTES = 256 * 2 ** 20;

/**
 * Reads the pages of a listener from the disk.
 * @throws CannotStart if they are too large, or cannot be read
 */
export function loadPages(configured: PagesConfiguration): Pages {
  if (typeof configured === 'boolean') return { site: configured ? loadSites() : new Map(), fallbacks: [] };
  const site = new Map<string, Asset>();
  for (const rule of configured) for (const [path, found] of loadOwn(rule)) site.set(path, found);
  const size = [...site.values()].reduce((sum, { body }) => sum + body.length, 0);
  if (size > MOST_BYTES) throw new CannotStart(`the pages take ${size} bytes, and may take ${MOST_BYTES}`);
  const fallbacks = configured.flatMap(({ spa, path }) => {
    const index = site.get(path);
    return spa && index !== undefined ? [{ base: path, index }] : [];
  });
  return { site, fallbacks };
}

/** Skips hidden files; compressed files accompany the uncompressed ones. */
function loadOwn({ folder, path: base, cache }: PagesRule): Site {
  let files: Site;
  try {
    files = load(folder, base);
  } catch (error) {
    throw new CannotStart(`the pages in ${folder} cannot be read: ${String(error)}`);
  }
  const own = new Map<string, Asset>();
  for (const [path, found] of files) {
    if (path.slice(base.length - 1).includes('/.')) continue;
    const stem = path.replace(/\.(?:br|gz)$/, '');
    if (stem !== path && (files.has(stem) || files.has(stem.replace(/index\.html$/, '')))) continue;
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const gzip = files.get(`${name}.gz`)?.body ?? found.gzip;
    own.set(path, { ...found, gzip, brotli: files.get(`${name}.br`)?.body, cache, isForeign: true });
  }
  return own;
}

/** A web app is inside this package once that is published, and next to it in the repository. */
function builtApp(name: string): string {
  for (const place of [`../web/${name}/`, `../../${name}/dist/page/`, `../../${name}/dist/`]) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(join(folder, 'index.html'))) return folder;
  }
  throw new CannotStart('the web apps are not built: run npm run build');
}

/** Every file in `folder` and below, by its path relative to `base`. */
function load(folder: string, base: string): Site {
  const site = new Map<string, Asset>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const path = base + relative(folder, file).split(sep).join('/');
    site.set(path.replace(/(?<=\/)index\.html$/, ''), asset(path, readFileSync(file)));
  }
  return site;
}

/** The response for `body`, a file called `path`. */
export function asset(path: string, body: Buffer): Asset {
  const extension = extname(path);
  const smaller = compressible.has(extension) ? gzipSync(body) : undefined;
  return {
    type: types[extension] ?? 'application/octet-stream',
    body,
    gzip: smaller !== undefined && smaller.length < body.length ? smaller : undefined,
    etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
    immutable: path.includes('/assets/'),
  };
}
