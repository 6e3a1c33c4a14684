/** The pages this server offers, read into memory once, so that no request ever touches the disk. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { CannotStart } from './failure.ts';

/** One file, ready to be sent. */
export interface Asset {
  readonly type: string;
  readonly body: Buffer;
  /** The body compressed, where that makes it smaller. */
  readonly gzip: Buffer | undefined;
  readonly etag: string;
  /** Its name changes when its content does. */
  readonly immutable: boolean;
}

/** Assets by URL path; a folder's path stands for its index page. */
export type Site = ReadonlyMap<string, Asset>;

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const compressible = new Set(['.css', '.html', '.js', '.json', '.svg']);

/** The landing page at `/`, and the web apps below. */
export function loadSites(): Site {
  return new Map([
    ...load(fileURLToPath(new URL('../public/', import.meta.url)), '/'),
    ...load(builtApp('chat'), '/chat/'),
    ...load(builtApp('dashboard'), '/dashboard/'),
  ]);
}

/** A web app lies inside this package once that is published, and beside it in the repository. */
function builtApp(name: string): string {
  for (const place of [`../web/${name}/`, `../../${name}/dist/`]) {
    const folder = fileURLToPath(new URL(place, import.meta.url));
    if (existsSync(join(folder, 'index.html'))) return folder;
  }
  throw new CannotStart('the web apps are not built: run npm run build');
}

/** Every file in `folder` and below, by its path below `base`. */
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

/** What is sent for `body`, a file called `path`. */
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
