/** A RawSocket conversation, cut in two at every octet: both sides hear the same (RAW-1, RAW-7). */
import { createServer } from 'node:net';
import { json, type Serializer, type Transport } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { expect, test } from 'vitest';
import { acceptRawSockets, createRouter } from '../../router/src/index.ts';
import { ManualClock as RouterClock } from '../../router/src/testing/index.ts';
import { Line } from '../../router/test/support/line.ts';
import { connect, type TransportFactory } from '../src/index.ts';
import { greet } from '../src/transports/rawsocket-handshake.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

/** Lets a few turns of the event loop pass: enough for all that is due without a timer. */
async function turns(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await new Promise((resolve) => setImmediate(resolve));
}

const NOBODY = { authid: 'nobody', authrole: 'none', authmethod: 'anonymous', authprovider: 'static' };

/** A router that always draws the same ids, at the other end of a stream. */
function routerAt(line: Line): void {
  let last = 0;
  const router = createRouter({
    realms: ['realm1'],
    features: [],
    clock: new RouterClock(),
    globalId: () => (last += 1),
    authenticators: [{ method: 'anonymous', begin: () => ({ welcome: NOBODY }) }],
  });
  const server = createServer();
  acceptRawSockets(router, { server });
  server.emit('connection', line.asSocket);
}

/** A client at this end of a stream. */
function clientAt(line: Line, serializer: Serializer): Promise<Transport> {
  const terms = {
    serializer,
    acceptedLength: 2 ** 24,
    signal: new AbortController().signal,
    clock: new ManualClock(),
  };
  return greet(line.asSocket, terms).then((greeted) => {
    if (greeted instanceof Error) throw greeted;
    return greeted;
  });
}

/** Carries what was written at one end to the other. */
function pass(from: Line, to: Line, said: Buffer[]): void {
  for (const chunk of from.written.splice(0)) {
    said.push(chunk);
    to.push(chunk);
  }
}

/** What each side says in a session with a call, its progress, events, and octets. */
async function record(serializer: Serializer): Promise<{ readonly client: Buffer; readonly router: Buffer }> {
  const [near, far] = [new Line(), new Line()];
  routerAt(far);
  const [saidByClient, saidByRouter]: [Buffer[], Buffer[]] = [[], []];
  let over = false;
  const carry = async (): Promise<void> => {
    while (!over) {
      pass(near, far, saidByClient);
      pass(far, near, saidByRouter);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const carried = carry();
  const transport: TransportFactory = { name: 'line', open: () => clientAt(near, serializer) };
  const session = await connect('rs://line', {
    realm: 'realm1',
    transport,
    clock: new ManualClock(),
    reconnect: false,
  });
  await session.register('com.count', async function* ([to]: [number]) {
    for (let n = 1; n <= to; n += 1) yield await Promise.resolve(n);
    return new Uint8Array([0, 127, 255]);
  });
  const events: unknown[] = [];
  await session.subscribe('com.topic', ([text]) => events.push(text));
  const stream = session.stream('com.count', [2]);
  for await (const n of stream)
    await session.publish('com.topic', [`part ${String(n)}: é 🎉`], { excludeMe: false });
  await stream.result;
  await session.publish('com.topic', ['x'.repeat(200)], { excludeMe: false, acknowledge: true });
  expect(events).toHaveLength(3);
  await session.close();
  await turns();
  over = true;
  await carried;
  return { client: Buffer.concat(saidByClient), router: Buffer.concat(saidByRouter) };
}

/** Wherever octets can be cut in two. */
function cutsOf({ length }: Buffer): number[] {
  return Array.from({ length: length - 1 }, (_each, index) => index + 1);
}

test.each([json, msgpack, cbor])('RAW-1 RAW-7 $name', async (serializer) => {
  const said = await record(serializer);
  expect(said.client.length).toBeGreaterThan(500);

  const hearRouter = async (cut: number): Promise<string[]> => {
    const line = new Line();
    const greeted = clientAt(line, serializer);
    const heard: string[] = [];
    void greeted.then((transport) => {
      transport.listener = {
        frame: (bytes) => heard.push(Buffer.from(bytes).toString('latin1')),
        violation: (what) => heard.push(what),
        closed: (reason) => heard.push(reason),
      };
    });
    line.push(said.router.subarray(0, cut));
    await turns();
    line.push(said.router.subarray(cut));
    await turns();
    return heard;
  };
  const whole = await hearRouter(0);
  expect(whole.length).toBeGreaterThan(8);
  for (const heard of await Promise.all(cutsOf(said.router).map(hearRouter)))
    if (heard.join() !== whole.join()) expect(heard).toEqual(whole);

  const hearClient = async (cut: number): Promise<string> => {
    const line = new Line();
    routerAt(line);
    line.push(said.client.subarray(0, cut));
    await turns();
    line.push(said.client.subarray(cut));
    await turns();
    return line.output.toString('latin1');
  };
  const answers = said.router.toString('latin1');
  for (const answered of await Promise.all(cutsOf(said.client).map(hearClient))) {
    if (answered !== answers) expect(answered).toBe(answers);
  }
});
