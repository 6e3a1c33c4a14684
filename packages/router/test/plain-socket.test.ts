/** Shortcuts past the streams of plain sockets: off when told to be, or when Node lacks what they rest on; the log says so once. */
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lostShortcuts } from '../src/plain-socket.ts';
import { SocketPair } from './support/socket-pair.ts';

interface Entry {
  readonly level: string;
  readonly what: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const READING = /^reading into shared memory: /;
const WRITING = /^writing past the stream: /;

/** Serves two clients that come one after the other, with all modules loaded anew. @returns what the log says of shortcuts */
async function loggedBySite(): Promise<Entry[]> {
  const { RawPeer, RawSite } = await import('./support/raw-socket.ts');
  const entries: Entry[] = [];
  await using site = await RawSite.open({
    log: (level, what, facts) => entries.push({ level, what, facts }),
  });
  for (let client = 0; client < 2; client += 1) {
    const peer = await RawPeer.join(site.port);
    expect(await peer.ask([48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [client + 1]]);
  }
  return entries.filter(({ what }) => what === 'socket shortcuts are off');
}

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.doUnmock('../src/plain-socket.ts');
});

test('shortcuts are taken unless told otherwise, and nothing is logged', async () => {
  using pair = await SocketPair.open('TCP');
  expect(lostShortcuts(pair.near)?.lost).toEqual([]);
  expect(await loggedBySite()).toEqual([]);
});

test('WAMP_SOCKET_SHORTCUTS=off: clients are served through the streams, and the log says once what that costs', async () => {
  vi.stubEnv('WAMP_SOCKET_SHORTCUTS', 'off');
  const { descriptorOf, isPlain, read } = await import('../src/plain-socket.ts');
  using pair = await SocketPair.open('TCP');
  const isShared = read(
    pair.near,
    () => undefined,
    () => undefined,
  );
  expect([isPlain(pair.near), descriptorOf(pair.near), isShared]).toEqual([false, undefined, false]);
  const lost = [expect.stringMatching(READING), expect.stringMatching(WRITING)] as unknown;
  const facts = { code: 'socket_shortcuts_off', reason: 'WAMP_SOCKET_SHORTCUTS=off', lost };
  expect(await loggedBySite()).toEqual([{ level: 'info', what: 'socket shortcuts are off', facts }]);
});

test.each([
  ['a kind of connection', { constructor: { name: 'Quic' } }, [READING, WRITING]],
  ['a descriptor', { fd: undefined }, [WRITING]],
  ['memory to read to', { useUserBuffer: undefined }, [READING]],
])('where Node has no such thing as %s, it is known what is lost', async (_, lacking, lost) => {
  using pair = await SocketPair.open('TCP');
  const { _handle: handle } = pair.near as unknown as { readonly _handle: object };
  const changed = new Proxy(handle, {
    get: (target, key) =>
      (Object.hasOwn(lacking, key) ? Reflect.get(lacking, key) : Reflect.get(target, key)) as unknown,
  });
  Object.assign(pair.near, { _handle: changed });
  const found = lostShortcuts(pair.near);
  Object.assign(pair.near, { _handle: handle });
  expect(found?.lost).toEqual(lost.map((text) => expect.stringMatching(text) as unknown));
  expect(found).toMatchObject({ asked: false, reason: expect.stringContaining(process.version) as unknown });
});

test('a socket that is closed tells nothing', async () => {
  using pair = await SocketPair.open('TCP');
  pair.near.destroy();
  await turn();
  expect(lostShortcuts(pair.near)).toBeUndefined();
});
