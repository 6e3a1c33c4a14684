/** Ids are integers on the wire, however large: a JavaScript library's float64 is refused by strict peers (T-31). */
import { fromList, json, MessageType, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REALM, startRouter, type Listening } from './support/router.ts';
import { ALL_ROLES, WireSession } from './support/wire-session.ts';

/** Each id with the bytes that say it, in hexadecimal. */
const IDS = [
  { id: 1, msgpack: '01', cbor: '01' },
  { id: 2 ** 31, msgpack: 'ce80000000', cbor: '1a80000000' },
  { id: 2 ** 32 - 1, msgpack: 'ceffffffff', cbor: '1affffffff' },
  { id: 2 ** 32, msgpack: 'cf0000000100000000', cbor: '1b0000000100000000' },
  { id: 2 ** 32 + 1, msgpack: 'cf0000000100000001', cbor: '1b0000000100000001' },
  { id: 2 ** 53 - 1, msgpack: 'cf001fffffffffffff', cbor: '1b001fffffffffffff' },
  { id: 2 ** 53, msgpack: 'cf0020000000000000', cbor: '1b0020000000000000' },
] as const;

/** What differs between the formats: message types and list heads as they stand in a frame. */
const FORMATS = [
  { serializer: msgpack, opcode: 0x82, welcome: '9302', published: '931101', event: '9424' },
  { serializer: cbor, opcode: 0x82, welcome: '8302', published: '831101', event: '841824' },
] as const;

let router: Listening;
/** The ids that the router draws next; when there are none, it counts. */
let drawn: number[] = [];
let counter = 1000;
const sessions: WireSession[] = [];

beforeEach(async () => {
  router = await startRouter({ globalId: () => drawn.shift() ?? (counter += 1) });
});
afterEach(async () => {
  drawn = [];
  await Promise.all(sessions.splice(0).map((session) => session.leave()));
  expect(router.realm.sessions.size).toBe(0);
  await router.close();
});

/** A session that is welcomed under `id`; its last frame is the WELCOME. */
async function join(serializer: Serializer, id?: number): Promise<WireSession> {
  const session = await WireSession.connect({ port: router.port, serializer });
  session.send([MessageType.HELLO, REALM, { roles: ALL_ROLES }]);
  drawn = id === undefined ? [] : [id];
  await session.expect(MessageType.WELCOME);
  sessions.push(session);
  return session;
}

/** The last frame, header included, in hexadecimal. */
function lastFrame(session: WireSession): string {
  return session.last?.bytes.toString('hex') ?? '';
}

/** The header of a short frame of `opcode` and the start of its payload. */
function frameThatStarts(opcode: number, payload: string): RegExp {
  return new RegExp(`^${opcode.toString(16)}(?:7e....|[0-7].)${payload}`);
}

describe.each(FORMATS)('$serializer.name', (format) => {
  const { serializer, opcode } = format;
  const name = serializer.name as 'msgpack' | 'cbor';

  it.each(IDS)('writes session id $id into WELCOME as an integer', async (expected) => {
    const session = await join(serializer, expected.id);
    expect(lastFrame(session)).toMatch(frameThatStarts(opcode, format.welcome + expected[name]));
    expect([...router.realm.sessions.keys()]).toEqual([expected.id]);
  });

  it.each(IDS)('writes publication id $id into PUBLISHED and EVENT as an integer', async (expected) => {
    const subscriber = await join(serializer);
    const publisher = await join(serializer);
    const [, , subscription] = await subscriber.ask(
      [MessageType.SUBSCRIBE, 1, {}, 'com.example.topic'],
      MessageType.SUBSCRIBED,
    );
    drawn = [expected.id];
    await publisher.ask(
      [MessageType.PUBLISH, 1, { acknowledge: true }, 'com.example.topic'],
      MessageType.PUBLISHED,
    );
    expect(lastFrame(publisher)).toMatch(frameThatStarts(opcode, `${format.published}${expected[name]}$`));
    await subscriber.expect(MessageType.EVENT);
    expect(lastFrame(subscriber)).toMatch(
      frameThatStarts(opcode, `${format.event}${shortId(name, Number(subscription))}${expected[name]}`),
    );
  });

  it.each(IDS)('writes the disclosed session id $id into details as an integer', async (expected) => {
    const observer = await join(serializer);
    const peer = await join(serializer, expected.id);
    await observer.ask([MessageType.SUBSCRIBE, 1, {}, 'com.example.topic'], MessageType.SUBSCRIBED);
    await observer.ask([MessageType.REGISTER, 2, {}, 'com.example.procedure'], MessageType.REGISTERED);
    peer.send([MessageType.PUBLISH, 1, { disclose_me: true }, 'com.example.topic']);
    await observer.expect(MessageType.EVENT);
    expect(lastFrame(observer)).toContain(`${key(serializer, 'publisher')}${expected[name]}`);
    peer.send([MessageType.CALL, 2, { disclose_me: true }, 'com.example.procedure']);
    await observer.expect(MessageType.INVOCATION);
    expect(lastFrame(observer)).toContain(`${key(serializer, 'caller')}${expected[name]}`);
  });

  it.each(IDS)('writes session id $id into the payload of the meta API as an integer', async (expected) => {
    const observer = await join(serializer);
    await observer.ask([MessageType.SUBSCRIBE, 1, {}, 'wamp.session.on_leave'], MessageType.SUBSCRIBED);
    const peer = await join(serializer, expected.id);
    await observer.ask([MessageType.CALL, 2, {}, 'wamp.session.get', [expected.id]], MessageType.RESULT);
    expect(lastFrame(observer)).toContain(`${key(serializer, 'session')}${expected[name]}`);
    sessions.splice(sessions.indexOf(peer), 1);
    await peer.leave();
    await observer.expect(MessageType.EVENT);
    // Args: the id, then authid and authrole.
    expect(lastFrame(observer)).toContain(`${serializer === msgpack ? '93' : '83'}${expected[name]}`);
  });

  it.each(IDS)('forwards the payload integer $id from a JSON peer as an integer', async (expected) => {
    const subscriber = await join(serializer);
    const publisher = await join(json);
    await subscriber.ask([MessageType.SUBSCRIBE, 1, {}, 'com.example.topic'], MessageType.SUBSCRIBED);
    publisher.send([MessageType.PUBLISH, 1, {}, 'com.example.topic', [expected.id, 'end']]);
    await subscriber.expect(MessageType.EVENT);
    expect(lastFrame(subscriber)).toContain(expected[name] + key(serializer, 'end'));
  });

  it.each(IDS.slice(3))('takes id $id that a peer wrote as a float64', async ({ id }) => {
    const subscriber = await join(serializer, id);
    const publisher = await join(serializer);
    await subscriber.ask([MessageType.SUBSCRIBE, 1, {}, 'com.example.topic'], MessageType.SUBSCRIBED);
    const integer = IDS.find((known) => known.id === id)?.[name] ?? '';
    const float = Buffer.alloc(9);
    float[0] = serializer === msgpack ? 0xcb : 0xfb;
    float.writeDoubleBE(id, 1);
    const options = { acknowledge: true, eligible: [id] };
    const frame = Buffer.from(encoded(serializer, options).replace(integer, float.toString('hex')), 'hex');
    expect(frame.includes(float)).toBe(true);
    publisher.webSocket.send(frame, true);
    await publisher.expect(MessageType.PUBLISHED);
    await subscriber.expect(MessageType.EVENT);
  });
});

describe('json', () => {
  it.each(IDS)('writes id $id in digits', async ({ id }) => {
    const session = await join(json, id);
    expect(session.last?.payload.toString()).toMatch(new RegExp(`^\\[2,${id},`));
    drawn = [id];
    await session.ask(
      [MessageType.PUBLISH, 1, { acknowledge: true }, 'com.example.topic'],
      MessageType.PUBLISHED,
    );
    expect(session.last?.payload.toString()).toBe(`[17,1,${id}]`);
  });
});

/** An id below 128 in hexadecimal. */
function shortId(format: 'msgpack' | 'cbor', id: number): string {
  expect(id).toBeLessThan(128);
  return (format === 'cbor' && id >= 24 ? '18' : '') + id.toString(16).padStart(2, '0');
}

/** A short string in hexadecimal. */
function key(serializer: Serializer, text: string): string {
  const head = (serializer === msgpack ? 0xa0 : 0x60) | text.length;
  return head.toString(16) + Buffer.from(text).toString('hex');
}

/** A PUBLISH in hexadecimal. */
function encoded(serializer: Serializer, options: object): string {
  const list = [MessageType.PUBLISH, 1, options, 'com.example.topic'];
  return Buffer.from(serializer.encode(fromList(list))).toString('hex');
}
