/** Each make of client against each, over each serializer: what arrives is what was sent. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { as, contentAs, PAYLOADS, resultAs } from './support/payloads.ts';
import { MAKES, type Content, type Make, type Peer } from './support/peers.ts';
import { startRouter, type Listening } from './support/router.ts';
import { until } from './support/until.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

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
  await until(() => router.realm.sessions.size === 0);
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
    await until(() => server.heard.length >= payloads.length);
    const seen = server.heard.splice(0).map((event, index) => [payloads[index]?.[0], as(to, event)]);
    expect(seen).toEqual(payloads.map(([name, content]) => [name, contentAs(to, content)]));
  });
});
