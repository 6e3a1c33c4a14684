/** Lines that cut, delay, spoil and break what is sent (F5), and clients that are stopped for a while (F4). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { json, type Serializer } from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Fort } from '../support/fort.ts';
import { Proxy, type Line } from '../support/proxy.ts';
import { Random, SEED } from '../../../protocol/test/random.ts';
import { frameOf, greetingOf, HELLO } from '../support/raw-socket.ts';
import { ask, join, rawSocket, SERIALIZERS, webSocket } from '../support/stranger.ts';
import { frame, Opcode } from '../support/web-socket.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';

let fort: Fort;
beforeAll(async () => {
  fort = await Fort.open();
});
afterAll(() => fort[Symbol.asyncDispose]());

/** A whole conversation of a client's, from the first octet to GOODBYE. */
const MESSAGES: readonly (readonly unknown[])[] = [
  HELLO,
  [32, 1, {}, 'com.topic'],
  [16, 2, { acknowledge: true, exclude_me: false }, 'com.topic', ['ä', 1]],
  [64, 3, {}, 'com.procedure'],
  [48, 4, {}, 'com.nobody', [null]],
  [48, 5, {}, 'wamp.registration.match', ['com.procedure']],
  [6, {}, 'wamp.close.close_realm'],
];

function rawStream(serializer: Serializer): Buffer {
  return Buffer.concat([greetingOf(serializer), ...MESSAGES.map((message) => frameOf(message, serializer))]);
}

const UPGRADE =
  'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';

function webStream(serializer: Serializer): Buffer {
  const first = 0x80 | (serializer.binary ? Opcode.BINARY : Opcode.TEXT);
  const payloads = MESSAGES.map((message) => Buffer.from(serializer.encodePayload(message, {}, 1)));
  const upgrade = Buffer.from(`${UPGRADE}Sec-WebSocket-Protocol: ${serializer.subprotocol}\r\n\r\n`);
  const close = frame({ first: 0x80 | Opcode.CLOSE, payload: Buffer.of(3, 0xe8) });
  return Buffer.concat([upgrade, ...payloads.map((payload) => frame({ first, payload })), close]);
}

/** All that comes back over a line, until it is over. */
async function answers(stream: Uint8Array, line: Line): Promise<Buffer> {
  await using proxy = await Proxy.open(fort.port, line);
  const socket = connect(proxy.port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(stream);
  await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  return Buffer.concat(chunks);
}

/** What was answered, message by message, without what is drawn anew each time. */
function messagesIn(bytes: Buffer): readonly string[] {
  const messages: string[] = [];
  const isHttp = bytes.subarray(0, 4).toString() === 'HTTP';
  for (let at = isHttp ? bytes.indexOf('\r\n\r\n') + 4 : 4; at < bytes.length;) {
    const short = bytes.readUInt8(at + 1);
    const head = !isHttp || short === 126 ? 4 : 2;
    const length = !isHttp ? bytes.readUIntBE(at + 1, 3) : short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const text = bytes.toString('utf8', at + head, at + head + length);
    messages.push(text.replaceAll(/\d+/g, 'N').replace(/"authid":"[^"]*"/, 'authid'));
    at += head + length;
  }
  return messages;
}

test.each([
  ['RawSocket', rawStream],
  ['WebSocket', webStream],
] as const)(
  'F5 a %s conversation cut at any octet, or into octets, is the same conversation',
  (_name, streamOf) =>
    fort.withstands(async () => {
      const stream = streamOf(json);
      const whole = messagesIn(await answers(stream, {}));
      expect(whole.some((message) => message.includes('goodbye_and_out'))).toBe(true);
      expect(messagesIn(await answers(stream, { octets: true }))).toEqual(whole);
      const step = DEEP ? 1 : Math.ceil(stream.length / 40);
      for (let cut = 1; cut < stream.length; cut += step) {
        expect(messagesIn(await answers(stream, { cuts: [cut] })), `cut at ${cut}`).toEqual(whole);
      }
    }),
  1_200_000,
);

test.each([
  ['RawSocket', rawSocket],
  ['WebSocket', webSocket],
] as const)(
  'F5 a %s client that says an octet a second says something: it is heard out, and no silence',
  (_name, way) =>
    fort.withstands(async () => {
      const line = { octets: true, delay: 0 };
      await using proxy = await Proxy.open(fort.port, line);
      const client = await join(way, proxy.port);
      // The time that a message takes is then twice the time after which the silent are dropped.
      line.delay = DEEP ? 1000 : 10;
      expect(await ask(client, [48, 1, {}, 'wamp.session.count'])).toEqual([50, 1, {}, [3]]);
      client.drop();
    }),
  1_200_000,
);

test.each([
  ['RawSocket', rawStream],
  ['WebSocket', webStream],
] as const)(
  'F5 a %s connection that is reset or half closed anywhere leaves nothing',
  (_name, streamOf) =>
    fort.withstands(async () => {
      for (const serializer of SERIALIZERS) {
        const stream = streamOf(serializer);
        const step = DEEP ? 1 : Math.ceil(stream.length / 12);
        for (let octets = 1; octets <= stream.length; octets += step) {
          for (const what of ['reset', 'half-close'] as const) {
            await answers(stream.subarray(0, octets), { after: { octets, what } });
          }
        }
      }
    }),
  1_200_000,
);

test(
  `F5 what a line spoils is refused, or another valid message, and harms nobody (WAMP_FUZZ_SEED=${SEED})`,
  () =>
    fort.withstands(async () => {
      const random = new Random(SEED);
      for (let round = 0; round < (DEEP ? 5000 : 100); round += 1) {
        const stream = random.pick([rawStream, webStream])(random.pick([json, msgpack]));
        const at = random.below(stream.length);
        const by = 1 + random.below(255);
        // A spoilt length may promise more than ever comes: the end of the stream ends that.
        await answers(stream, { corrupt: { at, by }, after: { octets: stream.length, what: 'half-close' } });
      }
    }),
  1_200_000,
);

test('F4 a client that is stopped and goes on gets everything, or its end: never a gap without a word', () =>
  fort.withstands(async () => {
    const file = fileURLToPath(new URL('../support/victim.mjs', import.meta.url));
    const child = spawn(process.execPath, [file, 'counter', String(fort.port), 'com.flood'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    const [publisher, other] = [await join(rawSocket, fort.port), await join(rawSocket, fort.port)];
    await ask(other, [32, 1, {}, 'com.flood']);
    child.kill('SIGSTOP');
    const filler = 'x'.repeat(60_000);
    const events = 1000; // 60 MB: more than the system and the queue hold
    for (let number = 1; number <= events; number += 1) {
      publisher.send([16, number, { acknowledge: number % 20 === 0 }, 'com.flood', [number, filler]]);
      expect(((await other.heard())?.[4] as unknown[])[0]).toBe(number);
    }
    child.kill('SIGCONT');
    const report = new Promise<string>((resolve) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      child.stdout.on('end', () => resolve(text));
    });
    // The client tells how many events it has read, in order, and how the connection ended.
    const [count, end] = (await report).trim().split(' ');
    // An end that it is told of, if it goes on in time to hear it.
    expect(['wamp.error.slow_consumer', 'closed']).toContain(end);
    expect(Number(count)).toBeGreaterThan(0);
    expect(Number(count)).toBeLessThan(events);
  }));
