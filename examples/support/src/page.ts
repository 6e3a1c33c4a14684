/** Bundles the page of an example, and answers requests for it from memory. */
import type { RequestListener } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, defaultClientConditions } from 'vite';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Builds the page of a folder with an `index.html`.
 * @param folder URL of the folder
 */
export async function buildPage(folder: URL): Promise<RequestListener> {
  const built = await build({
    root: fileURLToPath(folder),
    configFile: false,
    logLevel: 'warn',
    resolve: { conditions: ['@wamp/source', ...defaultClientConditions] },
    build: { write: false },
  });
  const files = new Map<string, string | Uint8Array>();
  for (const { output } of [built].flat().filter((one) => 'output' in one)) {
    for (const file of output) {
      files.set(`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source);
    }
  }
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const name = pathname === '/' ? '/index.html' : pathname;
    const file = files.get(name);
    if (file === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream' })
        .end(file);
  };
}
