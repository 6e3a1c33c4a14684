/** Pictures of the pages of examples, and of the site of the documentation. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { DESKTOP, takeAll, type Take } from './picture-sizes.ts';
import { siteServer } from './site/serve.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** How long a page of an example runs before its picture is taken (ms). */
const RUNNING = 5_000;

export async function pictureExamples(browser: Browser, take: Take): Promise<void> {
  for (const name of ['realtime-dashboard', 'collaborative-editing', 'game']) {
    const words = [
      '--import',
      'tsx',
      '--conditions=@wamp/source',
      `examples/${name}/src/main.ts`,
      '--port',
      '0',
    ];
    const example = spawn(process.execPath, words, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const page = await (await browser.newContext({ viewport: DESKTOP })).newPage();
      await page.goto(await addressIn(example.stdout));
      if (name === 'collaborative-editing') await page.getByRole('textbox').fill(LETTER);
      await page.waitForTimeout(RUNNING);
      await takeAll(page, `example-${name}`, take);
      await page.context().close();
    } finally {
      example.kill('SIGTERM');
      await once(example, 'exit');
    }
  }
}

const LETTER = `Dear Grace,

both of us may write in this document at once, and what one of us writes without a connection is merged later.
`;

async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface(output)) {
    const address = /http:\/\/[\w.:]+/.exec(line)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error('the example has ended without naming its page');
}

/** The site as `npm run docs` has built it. */
export async function pictureSite(browser: Browser, take: Take): Promise<void> {
  const server = siteServer(`${root}docs/.vitepress/dist`).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const page = await (await browser.newContext({ viewport: DESKTOP })).newPage();
  for (const [name, path] of [
    ['home', ''],
    ['concepts', 'concepts'],
    ['clustering', 'clustering'],
    ['getting-started', 'getting-started'],
    ['limits', 'limits'],
  ]) {
    await page.goto(`${origin}/${path}`);
    await takeAll(page, `site-${name}`, take);
  }
  server.close();
}
