/** A session that may not recover events: the router refuses it once, and not once for each subscription. */
import { expect, test } from 'vitest';
import type { Gap, Restored, Session, Subscription } from '../src/index.ts';
import { ScriptedLine } from './scripted-line.ts';
import { settle } from './scripted-peer.ts';

const RECOVER = 'wamp.subscription.recover';
const REFUSALS = [['wamp.error.not_authorized'], ['wamp.error.no_such_procedure']] as const;
const TOPICS = ['a', 'b', 'c'] as const;

/** A session with a subscription to each topic, and a router that says so much of recovery as the test lets it say. */
class Followers {
  readonly line = new ScriptedLine();
  readonly heard: unknown[] = [];
  readonly gaps: (Gap & { readonly topic: string })[] = [];
  readonly restored: Restored[] = [];
  readonly logs: Subscription[] = [];
  readonly session: Session;
  #request = 0;

  constructor() {
    this.line.roles = { broker: { features: { x_event_recovery: true } }, dealer: {} };
    this.session = this.line.create();
    this.session.on('restored', (restored) => this.restored.push(restored));
  }

  /** Subscribes to the next topic; the router confirms it. */
  async subscribe(): Promise<void> {
    const number = this.logs.length;
    const topic = TOPICS[number] ?? '';
    const subscribing = this.session.subscribe(topic, ([n]) => this.heard.push(`${topic}${String(n)}`));
    await this.#confirm(topic, number);
    const log = await subscribing;
    log.on('gap', (gap) => this.gaps.push({ ...gap, topic }));
    this.logs.push(log);
    await settle();
  }

  /** The connection is lost, and another is there; all subscriptions are confirmed before any answer. */
  async reconnect(): Promise<void> {
    await this.line.cut();
    await this.line.pass(1_000);
    await this.line.welcome();
    this.#request = 0;
    const { length } = this.logs;
    for (const topic of TOPICS.slice(0, length))
      await this.line.peer.expect([32, expect.any(Number), {}, topic]);
    for (let number = 0; number < length; number += 1) this.line.peer.send([33, number + 1, 70 + number]);
    this.#request = length;
    await settle();
  }

  async asked(number: number): Promise<number> {
    this.#request += 1;
    const [type, request, , procedure, args] = await this.line.peer.next();
    expect([type, request, procedure, args]).toEqual([48, this.#request, RECOVER, [70 + number]]);
    return this.#request;
  }

  async refuse(request: number, uri: string): Promise<void> {
    this.line.peer.send([8, 48, request, {}, uri]);
    await settle();
  }

  /** The router answers with these events. */
  async tell(request: number, offset: number, ...numbers: readonly number[]): Promise<void> {
    const told = numbers.map((n) => ({ publication: n, args: [n], details: { x_offset: n } }));
    this.line.peer.send([50, request, {}, told, { epoch: 9, offset, complete: true, more: false }]);
    await settle();
  }

  event(number: number, n: number, offset?: number): void {
    this.line.peer.send([36, 70 + number, n, offset === undefined ? {} : { x_offset: offset }, [n]]);
  }

  /** The topics of which a gap was told, once for each gap. */
  get incomplete(): string[] {
    return this.gaps.map(({ topic }) => topic).sort();
  }

  /** The client has asked for no more. */
  quiet(): void {
    this.line.peer.expectNothing();
  }

  async #confirm(topic: string, number: number): Promise<void> {
    this.#request += 1;
    await settle();
    await this.line.peer.expect([32, this.#request, {}, topic]);
    this.line.peer.send([33, this.#request, 70 + number]);
    await settle();
  }
}

/** All three are refused in the first session. */
async function refusedOnce(uri: string): Promise<Followers> {
  const followers = new Followers();
  await followers.line.welcome();
  await followers.subscribe();
  await followers.refuse(await followers.asked(0), uri);
  await followers.subscribe();
  await followers.subscribe();
  followers.quiet();
  return followers;
}

test.each(REFUSALS)('EDGE-1 after %s, further subscriptions do not ask for missed events', async (uri) => {
  const followers = await refusedOnce(uri);
  for (const number of [0, 1, 2]) followers.event(number, 5);
  await settle();
  expect(followers.heard).toEqual(['a5', 'b5', 'c5']);
  expect(followers.logs.map(({ position }) => position)).toEqual([undefined, undefined, undefined]);
  expect(followers.gaps).toEqual([]);
});

test.each(REFUSALS)('EDGE-1 after %s, one subscription asks for all after a reconnect', async (uri) => {
  const followers = await refusedOnce(uri);
  for (let round = 1; round <= 2; round += 1) {
    await followers.reconnect();
    const request = await followers.asked(0);
    followers.quiet();
    expect(followers.restored).toHaveLength(round - 1);
    await followers.refuse(request, uri);
    followers.quiet();
    expect(followers.restored).toHaveLength(round);
    expect(followers.restored.at(-1)).toMatchObject({
      subscriptions: 3,
      recovered: 0,
    });
    expect(followers.restored.at(-1)?.gaps).toHaveLength(3);
    expect(followers.incomplete).toEqual([...TOPICS.slice(0, 3 * (round - 1)), ...TOPICS].sort());
  }
  for (const number of [2, 1, 0]) followers.event(number, 6);
  await settle();
  expect(followers.heard).toEqual(['c6', 'b6', 'a6']);
});

test('EDGE-1 when recovery is permitted after a reconnect, all subscriptions ask, in the next session without a delay', async () => {
  const followers = await refusedOnce('wamp.error.not_authorized');
  await followers.reconnect();
  await followers.tell(await followers.asked(0), 10);
  const [second, third] = [await followers.asked(1), await followers.asked(2)];
  await followers.tell(second, 20);
  await followers.tell(third, 30);
  expect(followers.gaps).toHaveLength(3);
  await followers.reconnect();
  const requests = [await followers.asked(0), await followers.asked(1), await followers.asked(2)] as const;
  await followers.tell(requests[2], 31, 31);
  await followers.tell(requests[1], 20);
  await followers.tell(requests[0], 11, 11);
  expect(followers.heard).toEqual(['c31', 'a11']);
  expect(followers.gaps).toHaveLength(3);
  expect(followers.restored.at(-1)).toMatchObject({ recovered: 2, gaps: [] });
});

test('EDGE-1 a connection that is lost before the answer leaves nothing behind: the next one asks again, and each gap is told once', async () => {
  const followers = await refusedOnce('wamp.error.not_authorized');
  await followers.reconnect();
  await followers.asked(0);
  await followers.reconnect();
  const request = await followers.asked(0);
  followers.quiet();
  await followers.refuse(request, 'wamp.error.not_authorized');
  expect(followers.incomplete).toEqual(TOPICS);
  expect(followers.restored).toHaveLength(1);
});

test('EDGE-1 a subscription that ends while it waits for the answer is not waited for', async () => {
  const followers = await refusedOnce('wamp.error.not_authorized');
  await followers.reconnect();
  const request = await followers.asked(0);
  const leaving = followers.logs[1]?.unsubscribe();
  await followers.line.peer.expect([34, 5, 71]);
  followers.line.peer.send([35, 5]);
  await leaving;
  await followers.refuse(request, 'wamp.error.not_authorized');
  expect(followers.restored).toHaveLength(1);
  expect(followers.incomplete).toEqual(['a', 'c']);
});

test('EDGE-1 after the permission was withdrawn, a subscription with missing events reports a gap, and does not ask', async () => {
  const followers = new Followers();
  await followers.line.welcome({ x_drops_events: true });
  for (const number of [0, 1]) {
    await followers.subscribe();
    await followers.tell(await followers.asked(number), 10);
  }
  followers.event(0, 12, 12);
  await followers.refuse(await followers.asked(0), 'wamp.error.not_authorized');
  expect(followers.incomplete).toEqual(['a']);
  followers.event(1, 12, 12);
  followers.event(1, 14, 14);
  await settle();
  followers.quiet();
  expect(followers.incomplete).toEqual(['a', 'b']);
  expect(followers.heard).toEqual(['a12', 'b12', 'b14']);
});
