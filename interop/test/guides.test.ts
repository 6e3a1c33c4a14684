/** The guides: every sample compiles, runs against a real router, and prints what its page says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import assert from 'node:assert/strict';
import * as events from 'node:events';
import * as client from '@wamp/client';
import * as cbor from '@wamp/client/cbor';
import * as contract from '@wamp/client/contract';
import * as cryptosign from '@wamp/client/cryptosign';
import * as longpoll from '@wamp/client/longpoll';
import * as meta from '@wamp/client/meta';
import * as msgpack from '@wamp/client/msgpack';
import * as rawsocket from '@wamp/client/rawsocket';
import * as scram from '@wamp/client/scram';
import * as clientTesting from '@wamp/client/testing';
import * as routerTesting from '@wamp/router/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as zod from 'zod';
import { faultsOf, guidesIn, isSaid, runGuide, type Guide } from './support/guide.ts';
import { startGuideRouter } from './support/guide-router.ts';
import type { Listening } from './support/router.ts';

/** A page whose first program is a whole process; packages/client/test/services.test.ts runs it. */
const PROCESSES = 'docs/client/node-services.md';
/** The page that is about pages: its samples get what a browser has. */
const BROWSER = 'docs/client/browsers.md';
const pages = [
  ...readdirSync(new URL('../../docs/client', import.meta.url)).map((name) => `docs/client/${name}`),
  'docs/concepts.md',
  'docs/patterns.md',
  'docs/reconnecting.md',
  'packages/client/README.md',
];
const guides = pages.flatMap((page) => guidesIn(page));

let router: Listening;
const sockets = new Set<Socket>();
beforeAll(async () => {
  router = await startGuideRouter();
  router.server.on('connection', (socket) => sockets.add(socket));
});
afterEach(() => {
  vi.unstubAllGlobals();
});
afterAll(() => router.close());

test('every sample compiles', () => {
  expect(guides.length).toBeGreaterThan(20);
  expect(faultsOf(guides)).toEqual([]);
});

test.each([...pages, 'docs/frameworks.md'])('every link of %s leads to a file', (page) => {
  const url = new URL(`../../${page}`, import.meta.url);
  const links = [...readFileSync(url, 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map(([, link = '']) => link);
  expect(links.filter((link) => !existsSync(new URL(link, url)))).toEqual([]);
});

/** The client, of which all sessions are kept, to be closed. */
function watched(sessions: client.Session[]): typeof client {
  const keep = <S>(session: S): S => {
    sessions.push(session as client.Session);
    return session;
  };
  const connect: typeof client.connect = async (url, options) => keep(await client.connect(url, options));
  const createSession: typeof client.createSession = (url, options) =>
    keep(client.createSession(url, options));
  return { ...client, connect, createSession };
}

/** A page's way to run a test: what `test` of node:test is called with, is done. */
function runner(tests: Promise<unknown>[]): { test: (name: string, body: () => unknown) => void } {
  return { test: (_name, body) => void tests.push(Promise.resolve().then(body)) };
}

/** What a web page has, and Node has not. */
function stubPage(): void {
  const kept = new Map<string, string>();
  vi.stubGlobal('location', new URL(`http://127.0.0.1:${router.port}/index.html`));
  vi.stubGlobal('document', { title: '' });
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
}

/** Breaks all connections, as a router does that is killed. */
function loseConnections(): void {
  for (const socket of sockets) socket.destroy();
}

async function run(guide: Guide): Promise<void> {
  const sessions: client.Session[] = [];
  const tests: Promise<unknown>[] = [];
  const printed: string[] = [];
  const modules = {
    '@wamp/client': watched(sessions),
    '@wamp/client/cbor': cbor,
    '@wamp/client/contract': contract,
    '@wamp/client/cryptosign': cryptosign,
    '@wamp/client/longpoll': longpoll,
    '@wamp/client/meta': meta,
    '@wamp/client/msgpack': msgpack,
    '@wamp/client/rawsocket': rawsocket,
    '@wamp/client/scram': scram,
    '@wamp/client/testing': clientTesting,
    '@wamp/router/testing': routerTesting,
    'node:assert/strict': assert,
    'node:events': events,
    'node:test': runner(tests),
    zod,
  };
  if (guide.name.startsWith(BROWSER)) stubPage();
  const globals = { loseConnections };
  await runGuide(
    guide,
    { modules, globals, print: (line) => void printed.push(line) },
    {
      '127.0.0.1:8080': `127.0.0.1:${router.port}`,
      '127.0.0.1:8081': `127.0.0.1:${router.rawPort}`,
      '// The connection is lost here.':
        'loseConnections(); await new Promise((lost) => session.on("lost", lost));',
    },
  );
  await Promise.all(tests);
  await expect.poll(() => printed.length).toBeGreaterThanOrEqual(guide.prints.length);
  const left = guide.prints.filter((says) => {
    const at = printed.findIndex((line) => isSaid(says, line));
    if (at >= 0) printed.splice(at, 1);
    return at < 0;
  });
  expect({ left, printed }, guide.name).toEqual({ left: [], printed: [] });
  await Promise.all(sessions.map((session) => session.close()));
}

describe.each(pages)('%s', (page) => {
  const programs = guidesIn(page).slice(page === PROCESSES ? 1 : 0);
  test.each(programs.map((guide) => [guide.name, guide] as const))('%s', (_name, guide) => run(guide));
});
