/** Measures how one of 1,000 subscribers that stops reading affects the other 999, under each slow-consumer policy. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  fromList,
  MessageType,
  RAW_SOCKET_MAX_LIMIT,
  rawSocketFrame,
  RawSocketFrameType,
  RawSocketParser,
  writeRawSocketHandshake,
} from '@wamp/protocol';
import { msgpack } from '@wamp/protocol/msgpack';
import type { SlowConsumerPolicy } from '@wamp/router';
import { digits, duration, times } from '../figures.ts';
import { residentSizeOf } from '../process-usage.ts';
import { Histogram } from '../load/histogram.ts';
import { median } from '../median.ts';
import { sleep } from '../sleep.ts';
import { QUEUE_SIZE } from './agreed.ts';
import { startRouter, type Peer } from './peer.ts';

const MIB = 1024 * 1024;
const CROWD = 999;
/** Events for all subscribers. */
const NEWS = { topic: 'stuck.news', size: 1024, perSecond: 20 } as const;
/**
 * Events for the one subscriber only. In a whole run, they are far more than the system buffers for a socket, which may be
 * some 40 MiB.
 */
const FLOOD = { topic: 'stuck.flood', size: 60 * 1024, total: 160 * MIB } as const;
const POLICIES: readonly SlowConsumerPolicy[] = ['disconnect', 'drop_newest', 'drop_oldest'];

const P99_BOUND = 1.2;
/** Memory may exceed that of the run in which the one reads by its queue and by this (bytes). */
const MEMORY_BOUND = 32 * MIB;

/** The result of a run. */
interface Outcome {
  readonly delivered: number;
  readonly lost: number;
  /** Microseconds. */
  readonly p99: number;
  /** The maximum (bytes). */
  readonly rss: number;
  readonly dropped: number;
  /** Whether the one was still connected at the end. */
  readonly stays: boolean;
}

/** The number of runs in which the one reads, and of those in which it does not; they alternate. */
const PAIRS = 5;

/** A run in which the one reads, and a run in which it does not. */
interface Pair {
  readonly without: Outcome;
  readonly within: Outcome;
}

/** @returns whether nothing was lost, and time and memory are within their bounds, under every policy */
export async function stuck(seconds: number): Promise<boolean> {
  let sound = true;
  for (const policy of POLICIES) {
    const pairs: Pair[] = [];
    for (let count = 0; count < PAIRS; count += 1) pairs.push(await pair(policy, seconds, count % 2 === 0));
    sound = judge(policy, pairs) && sound;
  }
  return sound;
}

/** Runs both variants in alternating order, because other load on the machine changes. */
async function pair(policy: SlowConsumerPolicy, seconds: number, readsFirst: boolean): Promise<Pair> {
  const first = await run(policy, seconds, readsFirst);
  const second = await run(policy, seconds, !readsFirst);
  return readsFirst ? { without: first, within: second } : { without: second, within: first };
}

/** Prints the result of the pairs. @returns true when it is within the bounds */
function judge(policy: SlowConsumerPolicy, pairs: readonly Pair[]): boolean {
  const sum = (figure: (pair: Pair) => number): number => pairs.reduce((all, each) => all + figure(each), 0);
  const lost = sum(({ without, within }) => without.lost + within.lost);
  const ratio = median(pairs.map(({ without, within }) => within.p99 / without.p99));
  const memory = Math.max(...pairs.map(({ without, within }) => within.rss - without.rss));
  const good = lost === 0 && ratio <= P99_BOUND && memory <= QUEUE_SIZE + MEMORY_BOUND;
  const p99s = pairs.map(
    ({ without, within }) => `${duration(within.p99)} and ${duration(without.p99)} when the one reads`,
  );
  const ends = pairs.map(({ within }) => (within.stays ? 'stayed' : 'was disconnected'));
  console.log(
    `${policy}: ${sum(({ within }) => within.delivered)} delivered to the ${CROWD}, ${lost} lost; ` +
      `p99 ${p99s.join(', ')}: ${times(ratio)}; ` +
      `RSS at most ${memory < 0 ? '' : '+'}${digits(memory / MIB)} MiB; ` +
      `the one ${[...new Set(ends)].join(' or ')}, and lost ${sum(({ within }) => within.dropped)} events: ` +
      (good ? 'within bounds' : 'NOT WITHIN BOUNDS'),
  );
  return good;
}

/** One run. @param reads whether the one reads like the others */
async function run(policy: SlowConsumerPolicy, seconds: number, reads: boolean): Promise<Outcome> {
  const peer = await startRouter(policy);
  const tally = { delivered: 0, lost: 0 };
  const latencies = new Histogram();
  const crowd: Socket[] = [];
  for (let member = 0; member < CROWD; member += 1) crowd.push(await reader(peer.port, tally, latencies));
  const one = await subscriber(peer.port, [NEWS.topic, FLOOD.topic], () => undefined);
  if (!reads) one.pause();
  one.on('error', () => undefined);
  const published = await publish(peer, seconds);
  const { rss } = published;
  // Messages in transit arrive.
  for (let waited = 0; waited < 10 && tally.delivered < published.events * CROWD; waited += 0.1)
    await sleep(0.1);
  const { holds, dropped } = await peer.health();
  for (const socket of [...crowd, one]) socket.destroy();
  await peer.stop();
  return {
    delivered: tally.delivered,
    lost: tally.lost + published.events * CROWD - tally.delivered,
    p99: latencies.quantile(0.99),
    rss,
    dropped: dropped['EVENT'] ?? 0,
    stays: (holds['sessions'] ?? 0) > CROWD,
  };
}

/** A subscriber that notes how late each event is, and which are missing or out of place. */
function reader(
  port: number,
  tally: { delivered: number; lost: number },
  latencies: Histogram,
): Promise<Socket> {
  let last = 0;
  return subscriber(port, [NEWS.topic], (frame) => {
    const message = msgpack.decode(frame);
    if (message.type !== MessageType.EVENT) return;
    const [number, sent] = message.payload.args as [number, number];
    latencies.record((performance.now() - sent) * 1000);
    tally.delivered += 1;
    // An event that arrives twice or out of order counts as lost.
    if (number !== last + 1) tally.lost += 1;
    last = number;
  });
}

/** Joins over RawSocket, and resolves once it has subscribed. */
async function subscriber(
  port: number,
  topics: readonly string[],
  hear: (frame: Uint8Array) => void,
): Promise<Socket> {
  let awaited = 1 + topics.length;
  let ready: () => void = () => undefined;
  const subscribed = new Promise<void>((resolve) => (ready = resolve));
  const socket = await joined(port, (frame) => {
    if (awaited > 0) {
      awaited -= 1;
      if (awaited === 0) ready();
    } else hear(frame);
  });
  topics.forEach((topic, index) => send(socket, [MessageType.SUBSCRIBE, index + 1, {}, topic]));
  await subscribed;
  return socket;
}

async function joined(port: number, hear: (frame: Uint8Array) => void): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(writeRawSocketHandshake({ limit: RAW_SOCKET_MAX_LIMIT, serializer: msgpack.rawSocketId }));
  const parser = new RawSocketParser(() => ({
    acceptedLength: RAW_SOCKET_MAX_LIMIT,
    message: hear,
    ping: (payload) => socket.write(rawSocketFrame(RawSocketFrameType.PONG, payload)),
    pong: () => undefined,
    failed: (_failure, what) => {
      throw new Error(what);
    },
  }));
  socket.on('data', (chunk) => parser.push(chunk));
  send(socket, [MessageType.HELLO, 'realm1', { roles: { subscriber: {}, publisher: {} } }]);
  return socket;
}

function send(socket: Socket, message: readonly unknown[]): void {
  socket.write(rawSocketFrame(RawSocketFrameType.MESSAGE, msgpack.encode(fromList(message))));
}

/** Publishes the news and the flood at an even rate. @returns the number of news events, and the maximum of memory meanwhile */
async function publish(
  peer: Peer,
  seconds: number,
): Promise<{ readonly events: number; readonly rss: number }> {
  const socket = await joined(peer.port, () => undefined);
  const [news, flood] = ['x'.repeat(NEWS.size), 'x'.repeat(FLOOD.size)];
  const floods = FLOOD.total / FLOOD.size;
  const started = performance.now();
  let [events, flooded, rss, second] = [0, 0, 0, 0];
  for (let at = 0; at < seconds; at = (performance.now() - started) / 1000) {
    while (flooded < (at / seconds) * floods) {
      send(socket, [MessageType.PUBLISH, 1, {}, FLOOD.topic, [flood]]);
      flooded += 1;
    }
    while (events < at * NEWS.perSecond) {
      events += 1;
      send(socket, [MessageType.PUBLISH, 1, {}, NEWS.topic, [events, performance.now(), news]]);
    }
    if (at >= second) {
      second += 1;
      // Read from the operating system: a query to the router would take time, and collect garbage.
      rss = Math.max(rss, residentSizeOf(peer.pid) ?? NaN);
    }
    await sleep(0.005);
  }
  socket.end();
  await once(socket, 'close');
  return { events, rss };
}
