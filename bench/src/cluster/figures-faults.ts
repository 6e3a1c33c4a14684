/** Measures what clients notice when a NATS server or a router is killed or frozen under load. */
import { Random } from '../siege/random.ts';
import { sleep } from '../sleep.ts';
import { Actor } from './actor.ts';
import { Book } from './book.ts';
import { measureTraffic } from './figures-traffic.ts';
import { until } from './schedule.ts';
import type { Stage } from './stage.ts';

const TOPIC = 'com.flow';
const PROCEDURE = 'com.single.echo';
/** The type of the message. */
const REGISTERED = 65;
/** How long each condition may take (s). */
const PATIENCE = 30;

/** Measures the longest time between two events at a subscriber. */
class Flow extends Book {
  heard = 0;
  silence = 0;
  #last = performance.now();

  override event(subscriber: Actor, subscription: number, publisher: string, number: number): void {
    super.event(subscriber, subscription, publisher, number);
    const now = performance.now();
    if (this.heard > 0) this.silence = Math.max(this.silence, now - this.#last);
    this.#last = now;
    this.heard += 1;
  }

  failed(): number {
    let count = 0;
    for (const [what, times] of this.counts) if (what.startsWith('call: wamp.')) count += times;
    return count;
  }
}

/** The outcome of a fault of a NATS server. */
export interface NatsFault {
  readonly lost: number;
  readonly failedCalls: number;
  /** The longest time without an event (ms). */
  readonly silence: number;
}

export async function joined(actor: Actor): Promise<Actor> {
  if (!(await until(() => actor.isPresent, PATIENCE))) throw new Error(`${actor.name} cannot join`);
  return actor;
}

/** Publishes and calls from node a to node b while a fault lasts, and a second more. */
export async function flowDuring(stage: Stage, fault: () => Promise<void>): Promise<NatsFault> {
  const [a, b] = stage.nodes;
  if (a === undefined || b === undefined) throw new Error('the stage has too few nodes');
  const flow = new Flow();
  const publisher = await joined(new Actor('publisher', a, flow, new Random(1)));
  const subscriber = await joined(new Actor('subscriber', b, flow, new Random(2)));
  await subscriber.subscribe(TOPIC);
  await register(subscriber);
  let published = 0;
  const publishing = setInterval(() => {
    publisher.publish(TOPIC);
    published += 1;
    if (published % 5 === 0) publisher.call(PROCEDURE);
  }, 4);
  await sleep(0.5);
  await fault();
  await sleep(1);
  clearInterval(publishing);
  await until(() => flow.heard === published && publisher.open.size === 0, PATIENCE);
  const outcome = {
    lost: published - flow.heard,
    failedCalls: flow.failed() + publisher.open.size,
    silence: flow.silence,
  };
  publisher.leave(false);
  subscriber.leave(false);
  await sleep(0.2);
  return outcome;
}

/** What happens to the clients of a router that is killed; times in s. */
export interface RouterDeath {
  readonly callsEnded: number;
  readonly claimTaken: number;
  /** The number of sessions of which the witness did not receive on_leave exactly once. */
  readonly unbalanced: number;
}

/** Kills node c while calls to it are in flight. */
export async function killRouter(stage: Stage): Promise<RouterDeath> {
  const [a, b, c] = stage.nodes;
  if (a === undefined || b === undefined || c === undefined) throw new Error('the stage has too few nodes');
  const book = new Book();
  const witness = await joined(new Actor('witness', b, book, new Random(1)));
  for (const topic of ['wamp.session.on_join', 'wamp.session.on_leave']) await witness.subscribe(topic);
  const crowd: Actor[] = [];
  for (let index = 0; index < 20; index += 1)
    crowd.push(await joined(new Actor(`dying${index}`, c, book, new Random(index))));
  const [callee] = crowd;
  const caller = await joined(new Actor('caller', a, book, new Random(3)));
  if (callee !== undefined) await register(callee);
  for (let index = 0; index < 50; index += 1) caller.call(PROCEDURE);
  await sleep(0.01);
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1000;
  await c.child.stop('SIGKILL');
  let callsEnded = 0;
  const ended = until(() => caller.open.size === 0, PATIENCE).then(() => {
    callsEnded = elapsed();
  });
  await register(caller);
  const claimTaken = elapsed();
  await ended;
  await sleep(1);
  const all = new Map([...crowd].map((actor) => [actor.session, actor]));
  const outcome = { callsEnded, claimTaken, unbalanced: book.imbalances(witness, all).length };
  for (const actor of [witness, caller]) actor.leave(false);
  c.child.start();
  await stage.recover(PATIENCE);
  return outcome;
}

/** Repeats a REGISTER until it succeeds: after a fault, it is refused until the node reaches the ledger again. */
async function register(actor: Actor): Promise<void> {
  const began = performance.now();
  for (;;) {
    const [type] = await new Promise<readonly unknown[]>((resolve) => {
      actor.register(PROCEDURE, 'single', resolve);
    });
    if (type === REGISTERED || performance.now() - began > PATIENCE * 1000) return;
    await sleep(0.1);
  }
}

/**
 * Floods node c from node a while it reads, and while it is frozen.
 * @returns the latency of calls from a to b, the middle and the slow ones of both (ms)
 */
export async function latencyBesideFrozen(
  stage: Stage,
): Promise<{ readonly reading: number; readonly frozen: number }> {
  const [a, b, c] = stage.nodes;
  if (a === undefined || b === undefined || c === undefined) throw new Error('the stage has too few nodes');
  const book = new Book();
  const publisher = await joined(new Actor('flood', a, book, new Random(1)));
  const subscriber = await joined(new Actor('drain', c, book, new Random(2)));
  await subscriber.subscribe(TOPIC);
  const filling = 'x'.repeat(16_384);
  const flood = setInterval(() => {
    for (let index = 0; index < 2; index += 1) publisher.publish(TOPIC, filling);
  }, 10);
  const calls = { name: 'beside a frozen node', size: 128, window: 4 };
  const reading = await measureTraffic(calls, a, [b], 2);
  c.child.freeze();
  const frozen = await measureTraffic(calls, a, [b], 2);
  c.child.thaw();
  clearInterval(flood);
  for (const actor of [publisher, subscriber]) actor.leave(false);
  await stage.recover(PATIENCE);
  return { reading: reading.slow, frozen: frozen.slow };
}
