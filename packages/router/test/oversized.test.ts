/** Messages that are longer than the router takes: the session goes on, and whoever waits is told (B2). */
import { json, rolesOf, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import type { Router, RouterOptions } from '@wamp/router';
import { ALL_FEATURES } from '@wamp/router/testing';
import { describe, expect, test } from 'vitest';
import { WebSocketEnd } from './support/client-ends.ts';
import { clientFrame, parsed, written, type Told } from './support/client-frames.ts';
import { greetingOf, HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { frame, Opcode, RawClient, Site, WsClient } from './support/web-socket.ts';

const LIMIT = 4096;
const LONG = 'x'.repeat(LIMIT);
const TOO_LONG = 'wamp.error.payload_size_exceeded';
const ID = expect.any(Number) as number;
const WHY = expect.stringMatching(/^a message of \d+ bytes exceeds the maximum of 4096$/) as string;

/** A client that has joined. */
interface Talker {
  send(message: readonly unknown[]): void;
  ask(message: readonly unknown[]): Promise<readonly unknown[]>;
  next(): Promise<readonly unknown[]>;
}

interface Venue extends AsyncDisposable {
  readonly router: Router;
  join(): Promise<Talker>;
}

const OPTIONS = { limits: { messageSize: LIMIT, discardSize: 16 * LIMIT } };

async function overWebSocket(serializer: Serializer, options: Partial<RouterOptions>): Promise<Venue> {
  const site = await Site.open(options);
  return {
    router: site.router,
    join: () => WsClient.join(site.url(), serializer),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

async function overRawSocket(serializer: Serializer, options: Partial<RouterOptions>): Promise<Venue> {
  const site = await RawSite.open(options);
  return {
    router: site.router,
    join: async () => {
      const peer = RawPeer.dial(site.port, serializer);
      peer.write(greetingOf(serializer));
      expect((await peer.ask(HELLO))[0]).toBe(2);
      return {
        send: (message) => {
          peer.send(message);
        },
        ask: (message) => peer.ask(message),
        next: () => peer.message(),
      };
    },
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

const KINDS = { WebSocket: overWebSocket, RawSocket: overRawSocket } as const;
const EVERY = Object.entries(KINDS).flatMap(([kind, open]) =>
  [json, msgpack, cbor].map((serializer) => [kind, serializer.name, serializer, open] as const),
);

/** A callee of `com.procedure`, and a caller. */
async function pair(venue: Venue): Promise<{ callee: Talker; caller: Talker }> {
  const [callee, caller] = [await venue.join(), await venue.join()];
  expect(await callee.ask([64, 1, {}, 'com.procedure'])).toEqual([65, 1, ID]);
  return { callee, caller };
}

describe.each(EVERY)('%s, %s', (_kind, _name, serializer, open) => {
  test('B2 a YIELD that is too long fails its call alone', async () => {
    await using venue = await open(serializer, OPTIONS);
    const { callee, caller } = await pair(venue);
    const other = await venue.join();
    other.send([48, 1, {}, 'com.procedure']);
    const [, ofOther] = await callee.next();
    caller.send([48, 1, {}, 'com.procedure']);
    const [, ofCaller] = await callee.next();
    callee.send([70, ofCaller, {}, [LONG]]);
    expect(await caller.next()).toEqual([8, 48, 1, {}, TOO_LONG, [WHY]]);
    callee.send([70, ofOther, {}, ['short']]);
    expect(await other.next()).toEqual([50, 1, {}, ['short']]);
    expect(venue.router.limited.of('messages_discarded')).toBe(1);
    expect(venue.router.limited.of('bytes_discarded')).toBeGreaterThan(LIMIT);
    expect(venue.router.limited.of('message_size')).toBe(0);
  });

  test('B2 so does an ERROR of a callee', async () => {
    await using venue = await open(serializer, OPTIONS);
    const { callee, caller } = await pair(venue);
    caller.send([48, 1, {}, 'com.procedure']);
    const [, invocation] = await callee.next();
    callee.send([8, 68, invocation, {}, 'com.error', [LONG]]);
    expect(await caller.next()).toEqual([8, 48, 1, {}, TOO_LONG, [WHY]]);
    expect(await callee.ask([32, 2, {}, 'com.topic'])).toEqual([33, 2, ID]);
  });

  test('B2 a progressive YIELD ends its call, and interrupts the callee', async () => {
    await using venue = await open(serializer, OPTIONS);
    const { callee, caller } = await pair(venue);
    caller.send([48, 1, { receive_progress: true }, 'com.procedure']);
    const [, invocation] = await callee.next();
    callee.send([70, invocation, { progress: true }, [LONG]]);
    expect(await caller.next()).toEqual([8, 48, 1, {}, TOO_LONG, [WHY]]);
    expect(await callee.next()).toMatchObject([69, invocation, { reason: TOO_LONG }]);
    callee.send([70, invocation, {}, [LONG]]);
    expect(await callee.ask([32, 2, {}, 'com.topic'])).toEqual([33, 2, ID]);
  });

  test('B2 a CALL is refused, and so is more input for one', async () => {
    await using venue = await open(serializer, OPTIONS);
    const { callee, caller } = await pair(venue);
    expect(await caller.ask([48, 1, {}, 'com.procedure', [LONG]])).toEqual([8, 48, 1, {}, TOO_LONG, [WHY]]);
    caller.send([48, 2, { progress: true }, 'com.procedure', [1]]);
    const [, invocation] = await callee.next();
    caller.send([48, 2, { progress: true }, 'com.procedure', [LONG]]);
    expect(await caller.next()).toEqual([8, 48, 2, {}, TOO_LONG, [WHY]]);
    expect(await callee.next()).toMatchObject([69, invocation, { reason: TOO_LONG }]);
    caller.send([48, 2, {}, 'com.procedure', ['what follows is discarded']]);
    expect(await caller.ask([32, 3, {}, 'com.topic'])).toEqual([33, 3, ID]);
  });

  test('B2 a PUBLISH is refused when it asks for an acknowledgement, and else is lost', async () => {
    await using venue = await open(serializer, OPTIONS);
    const publisher = await venue.join();
    expect(await publisher.ask([16, 1, { acknowledge: true }, 'com.topic', [], { LONG }])).toEqual([
      ...[8, 16, 1, {}, TOO_LONG],
      [WHY],
    ]);
    publisher.send([16, 2, {}, 'com.topic', [LONG]]);
    expect(await publisher.ask([32, 3, {}, 'com.topic'])).toEqual([33, 3, ID]);
  });

  test.each([
    ['REGISTER', 64],
    ['SUBSCRIBE', 32],
  ])('B2 %s is refused, however long its URI, or its options', async (_, type) => {
    await using venue = await open(serializer, OPTIONS);
    const client = await venue.join();
    expect(await client.ask([type, 1, {}, LONG])).toEqual([8, type, 1, {}, TOO_LONG, [WHY]]);
    expect(await client.ask([type, 2, { LONG }, 'com.uri'])).toEqual([8, type, 2, {}, TOO_LONG, [WHY]]);
  });

  test.each([
    ['a message that cannot be answered', [66, 1, LONG]],
    ['a PUBLISH whose options are too long to be read', [16, 1, { LONG, acknowledge: true }, 'com.topic']],
    ['an answer to nothing', [70, 17, {}, [LONG]]],
    ['an ERROR that answers no invocation', [8, 48, 1, {}, 'com.error', [LONG]]],
    ['a message that is longer than what is discarded', [48, 1, {}, 'com.procedure', [LONG.repeat(16)]]],
  ])('B2 %s ends the session', async (_, message) => {
    await using venue = await open(serializer, OPTIONS);
    const client = await venue.join();
    expect(await client.ask(message)).toMatchObject([3, {}, 'wamp.error.protocol_violation']);
  });

  test('B2 sequential request ids are counted on', async () => {
    await using venue = await open(serializer, { ...OPTIONS, strictRequestIds: true });
    const client = await venue.join();
    expect(await client.ask([48, 1, {}, 'com.procedure', [LONG]])).toEqual([8, 48, 1, {}, TOO_LONG, [WHY]]);
    expect(await client.ask([32, 2, {}, 'com.topic'])).toEqual([33, 2, ID]);
  });
});

describe('WebSocket', () => {
  test('B2 the code is 1009 beyond what is discarded, and in batches', async () => {
    await using site = await Site.open(OPTIONS);
    const client = await RawClient.join(site.port);
    client.write(frame({ length: 16 * LIMIT + 1 }));
    expect(await client.closeCode()).toBe(1009);
    const batched = await WebSocketEnd.connect(site.url(), json, { batched: true });
    const code = new Promise((resolve) => batched.socket.on('close', resolve));
    batched.send(json.encodePayload([1, 'realm1', { roles: rolesOf(ALL_FEATURES) }], {}, 1));
    batched.send(json.encodePayload([48, 1, {}, 'com.procedure', [LONG]], {}, 1));
    expect(await code).toBe(1009);
  });

  test('B2 before WELCOME nothing is discarded', async () => {
    await using site = await Site.open({ limits: { handshakeSize: 1024 } });
    const client = await RawClient.connect(site.port);
    client.write(frame({ length: 1025 }));
    expect(await client.message()).toMatchObject([3, {}, 'wamp.error.protocol_violation']);
    expect(await client.closeCode()).toBe(1009);
  });

  test('B2 limits.discardSize: 0 ends the session at once, as a limit below the message size does', async () => {
    await using site = await Site.open({ limits: { messageSize: LIMIT, discardSize: 0 } });
    const client = await RawClient.join(site.port);
    client.write(frame({ length: LIMIT + 1 }));
    expect(await client.closeCode()).toBe(1009);
    expect(site.router.limited.toObject()).toEqual({ message_size: 1 });
  });
});

describe('the parser of WebSocket frames', () => {
  const text = Buffer.from(`[48,7,{},"com.procedure",["${'é'.repeat(1500)}"]]`);
  const { TEXT, CONTINUATION, BINARY, PING } = Opcode;
  const PONGED: Told = ['ping', ''];
  const HEAD = text.subarray(0, 1024).toString('hex');
  const LEFT: Told = ['oversized', 'text', HEAD, text.length];
  const NEXT: Told = ['message', 'binary', '01'];
  const next = clientFrame({ opcode: BINARY, payload: Uint8Array.of(1) });

  /** What is told of a message in fragments that end at `ends`, however the stream is cut. */
  function told(...ends: readonly number[]): readonly (readonly Told[])[] {
    const starts = [0, ...ends];
    const frames = starts.map((start, index) =>
      clientFrame({
        opcode: index === 0 ? TEXT : CONTINUATION,
        payload: text.subarray(start, ends[index] ?? text.length),
        final: index === ends.length,
      }),
    );
    const stream = written(...frames.flatMap((each) => [each, clientFrame({ opcode: PING })]), next);
    const cuts = [[], [1], [5, 6, 7], [1031, 2000], Array.from({ length: stream.length }, (_, at) => at)];
    return cuts.map((each) => parsed(stream, 1500, each, 4096));
  }

  test('B2 a message that is too long leaves its head and its length', () => {
    for (const each of told()) expect(each).toEqual([LEFT, PONGED, NEXT]);
  });

  test('B2 in fragments, too: whichever is one too many, and empty ones', () => {
    for (const each of told(100, 1400)) expect(each).toEqual([PONGED, PONGED, LEFT, PONGED, NEXT]);
    for (const each of told(1501)) expect(each).toEqual([PONGED, LEFT, PONGED, NEXT]);
    for (const each of told(0, 1501, text.length)) {
      expect(each).toEqual([PONGED, PONGED, PONGED, LEFT, PONGED, NEXT]);
    }
  });

  test('B2 fragments that add up to more than is discarded fail, and so do too many', () => {
    const part = clientFrame({ opcode: TEXT, payload: new Uint8Array(2000), final: false });
    const more = clientFrame({ ...part, opcode: CONTINUATION });
    expect(parsed(written(part, more, more), 1500, [], 4096)).toEqual([['failed', 1009]]);
    const empty = clientFrame({ opcode: CONTINUATION, final: false });
    const flood = Array.from({ length: 1024 }, () => empty);
    expect(parsed(written(part, ...flood), 1500, [], 4096)).toEqual([['failed', 1008]]);
  });
});
