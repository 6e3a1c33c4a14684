/** Reading into memory that all sockets share: the same octets, in the same order, for those who take them at once. */
import { once } from 'node:events';
import { connect as connectNet, createServer, Socket, type AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { connect, createServer as createTlsServer } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { isPlain, read } from '../src/plain-socket.ts';
import { cert, key } from './support/certificate.ts';
import { Line } from './support/line.ts';
import { SocketPair } from './support/socket-pair.ts';

/** What a socket's reader has taken: copies, and where each lay. */
class Taker {
  readonly buffers = new Set<ArrayBufferLike>();
  readonly parts: Buffer[] = [];
  readonly isShared: boolean;
  /** Runs with each chunk while it is being taken. */
  whenTaken: (part: Buffer) => void = () => undefined;
  /** How often it was told that nothing else is going on. */
  rests = 0;
  #look: () => void = () => undefined;

  constructor(socket: Socket) {
    this.isShared = read(
      socket,
      (chunk, size) => {
        const part = Buffer.from(chunk.subarray(0, size));
        this.buffers.add(chunk.buffer);
        this.parts.push(part);
        chunk.fill(0xff, 0, size);
        this.whenTaken(part);
        this.#look();
      },
      () => {
        this.rests += 1;
      },
    );
  }

  get all(): Buffer {
    return Buffer.concat(this.parts);
  }

  /** All that was taken, once it is so much. */
  async until(size: number): Promise<Buffer> {
    while (this.all.length < size) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
    return this.all;
  }
}

function numbered(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 4 <= size; at += 4) bytes.writeUInt32BE(at, at);
  return bytes;
}

/** The accepted end of a connection over TLS, and the other. */
async function tlsPair(): Promise<[Socket, Socket]> {
  const server = createTlsServer({ key, cert });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'secureConnection') as Promise<[Socket]>;
  const far = connect({ port: (server.address() as AddressInfo).port, rejectUnauthorized: false });
  const [[near]] = await Promise.all([accepted, once(far, 'secureConnect')]);
  server.close();
  for (const end of [near, far]) end.on('error', () => undefined);
  return [near, far];
}

describe.each(['TCP', 'Unix socket'] as const)('a plain %s', (kind) => {
  test('reads into memory that it shares with others, and takes every octet once', async () => {
    using one = await SocketPair.open(kind);
    using other = await SocketPair.open(kind);
    const takers = [new Taker(one.near), new Taker(other.near)];
    const sent = numbered(3 * 1024 * 1024);
    one.far.write(sent);
    other.far.write(sent);
    for (const taker of takers) {
      expect([isPlain(one.near), taker.isShared]).toEqual([true, true]);
      expect((await taker.until(sent.length)).equals(sent)).toBe(true);
    }
    expect(new Set(takers.flatMap(({ buffers }) => [...buffers])).size).toBe(1);
    expect(takers.every(({ parts, rests }) => rests === parts.length)).toBe(true);
  });

  test('what was put back comes first, in memory of its own, and nothing rests for it', async () => {
    using pair = await SocketPair.open(kind);
    const { near, far } = pair;
    far.write('first');
    near.read(0);
    const [first] = (await once(near, 'data')) as [Buffer];
    near.pause();
    near.unshift(first);
    far.write('second');
    await turn();
    const taker = new Taker(near);
    near.resume();
    expect(String(await taker.until(11))).toBe('firstsecond');
    expect(taker.buffers.size).toBe(2);
    expect(taker.rests).toBe(taker.parts.length - 1);
  });

  test('pauses, with what the system holds unread, and resumes where it was', async () => {
    using pair = await SocketPair.open(kind);
    const taker = new Taker(pair.near);
    taker.whenTaken = () => pair.near.pause();
    const sent = numbered(512 * 1024);
    pair.far.write(sent);
    while (taker.all.length < sent.length) {
      const taken = taker.parts.length + 1;
      await taker.until(taker.all.length + 1);
      for (let turns = 0; turns < 5; turns += 1) await turn();
      expect(taker.parts.length).toBe(taken);
      pair.near.resume();
    }
    expect(taker.all.equals(sent)).toBe(true);
  });

  test('ends when the other side does, and may still be written to', async () => {
    using pair = await SocketPair.open(kind);
    const taker = new Taker(pair.near);
    const ended = once(pair.near, 'end');
    pair.far.end('the last');
    await ended;
    expect(String(taker.all)).toBe('the last');
    pair.near.end('answer');
    expect(String(await pair.arrived(6))).toBe('answer');
  });

  test('ends in close when it is destroyed while a chunk is taken, and takes no more', async () => {
    using pair = await SocketPair.open(kind);
    const taker = new Taker(pair.near);
    taker.whenTaken = () => pair.near.destroy();
    const closed = once(pair.near, 'close');
    pair.far.write(numbered(1024 * 1024));
    await closed;
    expect(taker.parts.length).toBe(1);
  });

  test('says nothing of its own when it is destroyed already', async () => {
    using pair = await SocketPair.open(kind);
    pair.near.destroy();
    expect([isPlain(pair.near), new Taker(pair.near).isShared]).toEqual([false, false]);
    await once(pair.near, 'close');
  });
});

test('a connection that is reset ends in an error and in close', async () => {
  using pair = await SocketPair.open('TCP');
  const taker = new Taker(pair.near);
  const error = new Promise((resolve) => pair.near.on('error', resolve));
  const closed = new Promise((resolve) => pair.near.on('close', resolve));
  pair.far.write('before');
  await taker.until(6);
  pair.far.resetAndDestroy();
  expect(await error).toMatchObject({ code: 'ECONNRESET' });
  await closed;
  expect(String(taker.all)).toBe('before');
});

describe('what is no plain socket', () => {
  test('TLS sockets are read and written through their streams', async () => {
    const [near, far] = await tlsPair();
    const taker = new Taker(near);
    const sent = numbered(300_000);
    far.write(sent);
    expect((await taker.until(sent.length)).equals(sent)).toBe(true);
    expect([isPlain(near), taker.isShared, taker.rests]).toEqual([false, false, 0]);
    near.destroy();
    far.destroy();
  });

  test('a stream of other making', async () => {
    const line = new Line();
    const taker = new Taker(line.asSocket);
    line.push(Buffer.from('octets'));
    expect(String(await taker.until(6))).toBe('octets');
    expect([isPlain(line), taker.isShared, taker.rests]).toEqual([false, false, 0]);
    expect(isPlain(new Duplex())).toBe(false);
    expect(isPlain(new Socket())).toBe(false);
  });

  test('what calls itself a socket of the system must be one', () => {
    const stream = Object.assign(new Duplex(), { _handle: { constructor: { name: 'TCP' } } });
    expect(isPlain(stream)).toBe(false);
  });
});

test('a socket that has connected shares memory, too', async () => {
  const server = createServer((socket) => socket.end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connectNet((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  const taker = new Taker(socket);
  expect(taker.isShared).toBe(true);
  expect(String(await taker.until(5))).toBe('hello');
  server.close();
});
