/** Configurations of Crossbar.io, and routers that are started from what they are converted to. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { connect, type ConnectOptions, type Session } from '../../../packages/client/src/index.ts';
import { cert, key } from '../../../packages/router/test/support/certificate.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { convertCrossbar, noteLine } from '../src/convert/crossbar.ts';
import { start } from '../src/start.ts';

export type Json = Readonly<Record<string, unknown>>;

export const ALL = { call: true, register: true, publish: true, subscribe: true };
export const NONE = { call: false, register: false, publish: false, subscribe: false };
const EVERYTHING = [{ uri: '', match: 'prefix', allow: ALL, disclose: { caller: true } }];

export function role(name: string, permissions: readonly Json[] = EVERYTHING): Json {
  return { name, permissions };
}

export function realm(roles: readonly Json[], more: Json = {}, name = 'realm1'): Json {
  return { name, roles, ...more };
}

export function router(realms: readonly Json[], transports: readonly Json[], more: Json = {}): Json {
  return { version: 2, workers: [{ type: 'router', realms, transports, ...more }] };
}

export const TCP = { type: 'tcp', port: 0 };
export const PAGES = { type: 'static', directory: '../web' };

export function web(paths: Json, endpoint: Json = TCP): Json {
  return { type: 'web', endpoint, paths };
}

/** A configuration where Crossbar.io has it, beside the folder with its pages. @returns its path */
export function folderWith(configuration: Json): string {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-convert-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const each of ['.crossbar', 'web']) mkdirSync(join(folder, each));
  writeFileSync(join(folder, 'web', 'index.html'), '<!doctype html><title>own page</title>');
  writeFileSync(join(folder, '.crossbar', 'server.crt'), cert);
  writeFileSync(join(folder, '.crossbar', 'server.key'), key);
  const file = join(folder, '.crossbar', 'config.json');
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}

/** A router that was started from what a configuration was converted to. */
interface Serving {
  /** What was left out. */
  readonly notes: readonly string[];
  /** Where it is reached: by pages, WebSocket, RawSocket, long-poll. */
  readonly urls: readonly string[];
  /** Joins, until the test is over. */
  readonly join: (url: number, options?: Partial<ConnectOptions>) => Promise<Session>;
}

export async function serve(
  configuration: Json,
  environment: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const file = folderWith(configuration);
  const target = join(file, '..', '..', 'wamp.yaml');
  const { yaml, notes } = convertCrossbar(file, target);
  writeFileSync(target, yaml);
  const running = await start(loadConfiguration(target, environment), false);
  onTestFinished(() => running.stop());
  const [told = ''] = running.greeting.split('\n  realm', 1);
  const urls = told.split(/\s+/).filter((word) => word.includes('://'));
  return {
    notes: notes.map(noteLine),
    urls,
    async join(index, options = {}) {
      const session = await connect(urls[index] ?? '', { realm: 'realm1', reconnect: false, ...options });
      onTestFinished(() => session.close());
      return session;
    },
  };
}

export const KEPT =
  'changed: permissions for every URI do not allow wamp.session.kill any more: remove the denial if that is intended';
export const OPENED =
  'changed: port 0 is for this machine only, for anonymous clients may do everything: change address to 0.0.0.0 and start with --insecure-dev if that is intended';
