/** Each make of client against each, over each serializer: what arrives is what was sent. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MAKES, type Content, type Make, type Peer } from './support/peers.ts';
import { startRouter, type Listening } from './support/router.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value, level] : { in: value };
  return value;
}

/** By name: Args and Kwargs. */
const PAYLOADS: Readonly<Record<string, Content>> = {
  nothing: { args: [], kwargs: {} },
  null: { args: [null], kwargs: {} },
  'nulls inside': { args: [null, [null], { a: null }], kwargs: { k: null } },
  'empty values': { args: ['', [], {}, false, 0], kwargs: { list: [], dict: {}, text: '' } },
  'only Kwargs': { args: [], kwargs: { a: 1, b: 'two' } },
  'Args and Kwargs': { args: [1, 'two', true], kwargs: { three: [3], four: { five: 5 } } },
  unicode: {
    args: ['Grüße', '日本語', '👩‍👩‍👧‍👦', 'e\u0301 is not \u00e9', '\u202eright to left', '\ud83d\ude00', '\uffff'],
    kwargs: { ключ: 'значение', '🔑': '🔒' },
  },
  'characters to escape': {
    args: ['"\\/\b\f\n\r\t', '\u0001\u001f\u007f', '\u2028\u2029', '</script>'],
    kwargs: { '"': '\\' },
  },
  nested: { args: [nested(40)], kwargs: { nested: nested(30) } },
  integers: {
    args: [
      23,
      24,
      127,
      128,
      255,
      256,
      32767,
      32768,
      65535,
      65536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
    ],
    kwargs: { largest: 2 ** 53 - 1, power: 2 ** 53 },
  },
  'negative integers': {
    args: [-1, -32, -33, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32) - 1],
    kwargs: { least: -(2 ** 53) + 1 },
  },
  floats: { args: [0.5, -1.5, 0.1, 1 / 3, 1.7976931348623157e308, 5e-324, 1e300], kwargs: { pi: Math.PI } },
  binary: { args: [ALL_BYTES, new Uint8Array(0)], kwargs: { inside: { list: [ALL_BYTES.subarray(250)] } } },
  long: {
    args: ['x'.repeat(70_000), Array.from({ length: 1000 }, (_, index) => index)],
    kwargs: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, index])),
  },
};

/** The value as the client has it: with its own notion of bytes, and these as plain Uint8Arrays. */
function as(make: Make, value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return make.bytesAreText ? `\0${Buffer.from(value).toString('base64')}` : Uint8Array.from(value);
  }
  if (Array.isArray(value)) return value.map((item) => as(make, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, as(make, item)]));
}

function contentAs(make: Make, content: Content): Content {
  return as(make, content) as Content;
}

/** What a caller of that make gets for a result of that content. */
function resultAs(make: Make, content: Content): Content {
  const isNull = content.args.length === 1 && content.args[0] === null;
  const isNothing = make.resultOfNullIsNothing && isNull && Object.keys(content.kwargs).length === 0;
  return isNothing ? { args: [], kwargs: {} } : contentAs(make, content);
}

/** A client that serves, and what it has seen. */
interface Server {
  readonly peer: Peer;
  readonly invoked: Content[];
  readonly heard: Content[];
}

let router: Listening;
const asking = new Map<Make, Promise<Peer>>();
const serving = new Map<Make, Promise<Server>>();

function uri(kind: string, make: Make): string {
  return `com.example.${kind}.${MAKES.indexOf(make)}`;
}

async function serve(make: Make): Promise<Server> {
  const peer = await make.join(router.url);
  const server: Server = { peer, invoked: [], heard: [] };
  await peer.registerEcho(uri('echo', make), (content) => server.invoked.push(content));
  await peer.subscribe(uri('topic', make), (content) => server.heard.push(content));
  return server;
}

beforeAll(async () => {
  router = await startRouter();
  for (const make of MAKES) {
    asking.set(make, make.join(router.url));
    serving.set(make, serve(make));
  }
  // A client that cannot even join fails its own tests, and no others.
  await Promise.allSettled([...asking.values(), ...serving.values()]);
});
afterAll(async () => {
  const peers = [...asking.values(), ...[...serving.values()].map(async (server) => (await server).peer)];
  await Promise.allSettled(peers.map(async (peer) => (await peer).close()));
  await vi.waitUntil(() => router.realm.sessions.size === 0);
  expect(router.complaints).toEqual([]);
  await router.close();
});

const PAIRS = MAKES.flatMap((from) => MAKES.map((to) => ({ from, to })));

async function meet(from: Make, to: Make): Promise<{ client: Peer; server: Server }> {
  const [client, server] = await Promise.all([asking.get(from), serving.get(to)]);
  if (client === undefined || server === undefined) throw new Error('nobody has joined');
  return { client, server };
}

describe('calls', () => {
  it.each(PAIRS)('$from.name to $to.name', async ({ from, to }) => {
    const { client, server } = await meet(from, to);
    for (const [name, content] of Object.entries(PAYLOADS)) {
      const answer = await client.call(uri('echo', to), contentAs(from, content));
      const seen = server.invoked.splice(0).map((call) => as(to, call));
      expect(seen, `${name}: what the callee got`).toEqual([contentAs(to, content)]);
      expect(as(from, answer), `${name}: what the caller got back`).toEqual(resultAs(from, content));
    }
  });
});

describe('publications', () => {
  it.each(PAIRS)('$from.name to $to.name', async ({ from, to }) => {
    const { client, server } = await meet(from, to);
    const payloads = Object.entries(PAYLOADS);
    for (const [, content] of payloads) await client.publish(uri('topic', to), contentAs(from, content));
    await vi.waitUntil(() => server.heard.length >= payloads.length);
    const seen = server.heard.splice(0).map((event, index) => [payloads[index]?.[0], as(to, event)]);
    expect(seen).toEqual(payloads.map(([name, content]) => [name, contentAs(to, content)]));
  });
});
