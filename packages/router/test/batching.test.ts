/** Batched WebSocket (checklist §2.3: BAT-1 to BAT-3; T-34). */
import { joinBatch, json, splitBatch, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Inbox } from './support/inbox.ts';
import { HELLO } from './support/raw-socket.ts';
import { handshake, Site } from './support/web-socket.ts';

const VIOLATION = [3, expect.anything(), 'wamp.error.protocol_violation'];
const SERIALIZERS = [json, msgpack, cbor];
type Message = readonly unknown[];

/** A client that sees batches. */
class BatchClient {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #serializer: Serializer;
  readonly #batches = new Inbox<Buffer>();

  private constructor(url: string, serializer: Serializer) {
    this.socket = new WebSocket(url, [`${serializer.subprotocol}.batched`]);
    this.#serializer = serializer;
    this.socket.on('error', () => undefined);
    this.socket.on('message', (data: Buffer) => {
      this.#batches.put(data);
    });
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
  }

  static async connect(site: Site, serializer: Serializer): Promise<BatchClient> {
    const client = new BatchClient(site.url(), serializer);
    await once(client.socket, 'open');
    return client;
  }

  static async join(site: Site, serializer: Serializer): Promise<BatchClient> {
    const client = await BatchClient.connect(site, serializer);
    client.send(HELLO);
    await client.batch();
    return client;
  }

  /** Sends messages as one batch. */
  send(...messages: readonly Message[]): void {
    const frames = messages.map((message) => this.#serializer.encodePayload(message, {}, 1));
    this.sendRaw(joinBatch(frames, this.#serializer));
  }

  sendRaw(data: Uint8Array | string): void {
    this.socket.send(typeof data === 'string' ? Buffer.from(data) : data, {
      binary: this.#serializer.binary,
    });
  }

  /** The octets of the next batch. */
  raw(): Promise<Buffer> {
    return this.#batches.take();
  }

  /** The messages of the next batch. */
  async batch(): Promise<readonly Message[]> {
    const frames = splitBatch(new Uint8Array(await this.raw()), this.#serializer) ?? [];
    return frames.map((frame) => this.#serializer.decodePayload(frame, 1).args ?? []);
  }
}

test.each(SERIALIZERS)(
  'SER-6 BAT-1 BAT-2 WS-1 $subprotocol.batched is agreed on',
  async ({ subprotocol }) => {
    await using site = await Site.open();
    const batched = `${subprotocol}.batched`;
    expect(await handshake(site.url(), [batched, subprotocol])).toBe(batched);
    expect(await handshake(site.url(), [subprotocol, batched])).toBe(subprotocol);
  },
);

describe.each(SERIALIZERS)('$name', (serializer) => {
  test('BAT-1 BAT-2 a batch of many is answered with a batch of many', async () => {
    await using site = await Site.open();
    const client = await BatchClient.join(site, serializer);
    const topics = Array.from({ length: 20 }, (_item, index) => index + 1);
    client.send(...topics.map((request) => [32, request, {}, `com.topic.${request}`]));
    const answers = await client.batch();
    expect(answers.map(([type, request]) => [type, request])).toEqual(topics.map((request) => [33, request]));
    client.send([48, 21, {}, 'wamp.session.count']);
    expect(await client.batch()).toEqual([[50, 21, {}, [1]]]);
  });

  test('BAT-3 a single message is still framed', async () => {
    await using site = await Site.open();
    const client = await BatchClient.join(site, serializer);
    client.send([48, 1, {}, 'wamp.session.count']);
    const octets = await client.raw();
    const message = Buffer.from(serializer.encodePayload([50, 1, {}, [1]], {}, 1));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(message.length);
    expect(octets).toEqual(
      serializer.binary ? Buffer.concat([length, message]) : Buffer.from(`${message.toString()}\u001e`),
    );
  });

  test('BAT-3 an empty batch fails the transport', async () => {
    await using site = await Site.open();
    const client = await BatchClient.join(site, serializer);
    client.sendRaw('');
    expect(await client.batch()).toEqual([VIOLATION]);
    expect(await client.closed).toBe(1002);
  });

  test('BAT-3 so does one that ends within a message, and nothing of it counts', async () => {
    await using site = await Site.open();
    const client = await BatchClient.join(site, serializer);
    const call = serializer.encodePayload([48, 1, {}, 'wamp.session.count'], {}, 1);
    client.sendRaw(joinBatch([call, call], serializer).subarray(0, -1));
    expect(await client.batch()).toEqual([VIOLATION]);
    expect(await client.closed).toBe(1002);
  });

  test('BAT-3 an empty message in a batch is invalid', async () => {
    await using site = await Site.open();
    const client = await BatchClient.join(site, serializer);
    client.sendRaw(joinBatch([new Uint8Array(0)], serializer));
    expect(await client.batch()).toEqual([VIOLATION]);
  });

  test('what follows a violation or a GOODBYE in its batch does not count', async () => {
    await using site = await Site.open();
    const violator = await BatchClient.join(site, serializer);
    violator.send([48, 1, {}, 'wamp.session.count'], [2, 1, {}], [48, 2, {}, 'wamp.session.count']);
    expect(await violator.batch()).toEqual([[50, 1, {}, [1]], VIOLATION]);
    const leaver = await BatchClient.join(site, serializer);
    leaver.send([6, {}, 'wamp.close.close_realm'], [48, 1, {}, 'wamp.session.count']);
    expect(await leaver.batch()).toEqual([[6, {}, 'wamp.close.goodbye_and_out']]);
    expect(await leaver.closed).toBe(1000);
  });

  test('all events of a turn come in one batch, to batched and other clients alike', async () => {
    await using site = await Site.open();
    const batched = await BatchClient.join(site, serializer);
    const publisher = await BatchClient.join(site, json);
    batched.send([32, 1, {}, 'com.topic']);
    await batched.batch();
    publisher.send(
      ...Array.from({ length: 10 }, (_item, index) => [16, index + 1, {}, 'com.topic', [index]]),
    );
    const events = await batched.batch();
    expect(events.map(([, , , , args]) => args)).toEqual(
      Array.from({ length: 10 }, (_item, index) => [index]),
    );
  });
});

test('BAT-1 T-34 JSON messages that end with 0x18 are understood', async () => {
  await using site = await Site.open();
  const client = await BatchClient.join(site, json);
  client.sendRaw('[48,1,{},"wamp.session.count"]\u0018[48,2,{},"wamp.session.count"]\u0018');
  expect((await client.batch()).map(([, request]) => request)).toEqual([1, 2]);
});

test('WS-3 a batch of JSON is text, and one of MessagePack is binary', async () => {
  await using site = await Site.open();
  const client = await BatchClient.join(site, json);
  client.socket.send(Buffer.from('[48,1,{},"wamp.session.count"]\u001e'), { binary: true });
  expect(await client.batch()).toEqual([VIOLATION]);
  const other = await BatchClient.join(site, msgpack);
  other.socket.send('[48,1,{},"wamp.session.count"]\u001e');
  expect(await other.batch()).toEqual([VIOLATION]);
});
