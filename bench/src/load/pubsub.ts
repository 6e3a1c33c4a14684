/** A load of events: one publisher keeps a window of publications full, and all receivers check them. */
import { MessageType, Payload, type Message } from '@wamp/protocol';
import type { Connection, MessageReceiver } from './connection.ts';
import type { Elements } from './elements.ts';
import { Faults } from './faults.ts';
import { Histogram } from './histogram.ts';
import type { Load } from './load.ts';
import { NUMBER_MARK, Outgoing } from './outgoing.ts';
import { argsOf, PayloadCheck, type PayloadShape } from './payload.ts';
import { ringSize } from './ring.ts';
import { join, requestAll, type Destination } from './session.ts';
import { Turn } from './turn.ts';
import { newUris, type Uris } from './uris.ts';

export interface PubSubOptions {
  /** The number of sessions that subscribe. */
  readonly subscribers: number;
  /** The number of topics, to one of which each publication goes; one by default. */
  readonly topics?: number;
  /** The number of subscribers of each topic; all by default. */
  readonly audience?: number;
  /** The number of publications that are not yet delivered to all receivers. */
  readonly window: number;
  readonly payload: PayloadShape;
  /** A new cursor of the serializer that the publisher speaks. */
  readonly publisher: () => Elements;
  /** The same for subscribers. */
  readonly subscriber: () => Elements;
}

/** The options, complete, and the topics' URIs. */
interface Shape {
  readonly topics: number;
  readonly audience: number;
  readonly subscribers: number;
  readonly uris: Uris;
}

export class PubSubLoad implements Load {
  readonly latency: Histogram = new Histogram();
  readonly faults: Faults = new Faults();
  delivered = 0;
  running = false;
  readonly #publisher: Publisher;
  readonly #connections: readonly Connection[];

  /**
   * Opens all sessions and subscribes to all topics.
   * @param places the nodes of a cluster that the subscribers join in turn; the publisher's by default
   */
  static async open(
    destination: Destination,
    options: PubSubOptions,
    places: readonly Destination[] = [destination],
  ): Promise<PubSubLoad> {
    const turn = new Turn();
    const shape = { topics: 1, audience: options.subscribers, ...options, uris: newUris() };
    const wire = { elements: options.subscriber(), turn };
    const subscribers: Connection[] = [];
    for (let index = 0; index < options.subscribers; index += 1) {
      const place = places[index % places.length] ?? destination;
      const subscriber = await join(place, `subscriber/${index}`, wire);
      if (!destination.relay) await requestAll(subscriber, subscriptions(index, shape));
      subscribers.push(subscriber);
    }
    const publisher = await join(destination, 'publisher/0', { elements: options.publisher(), turn });
    return new PubSubLoad({ ...options, ...shape }, publisher, subscribers, destination.relay);
  }

  private constructor(
    options: PubSubOptions & Shape,
    publisher: Connection,
    subscribers: readonly Connection[],
    relay: boolean,
  ) {
    this.#connections = [publisher, ...subscribers];
    this.#publisher = new Publisher(this, publisher, options);
    publisher.receiver = this.#publisher;
    for (const [index, connection] of subscribers.entries()) {
      const check = new PayloadCheck(connection.elements, options.payload);
      connection.receiver = new Subscriber(this.#publisher, connection, index, { check, relay });
    }
  }

  get outstanding(): number {
    return this.#publisher.outstanding;
  }

  start(): void {
    this.running = true;
    this.#publisher.start();
  }

  stop(): void {
    this.running = false;
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy();
  }
}

/**
 * Each topic has `audience` places. All places, topic after topic, are assigned to the subscribers in turn: place p
 * belongs to subscriber p mod `subscribers`. So all subscribers have equally many, and the load on sockets does not depend
 * on the number of topics.
 */
function subscriptions(subscriber: number, { topics, audience, subscribers, uris }: Shape) {
  const requests = [];
  for (let place = subscriber; place < topics * audience; place += subscribers) {
    const topic = uris(Math.floor(place / audience));
    requests.push({ type: MessageType.SUBSCRIBE, request: requests.length + 1, options: {}, topic });
  }
  return requests;
}

/** Sends PUBLISH, and records which receivers have received which publication. */
class Publisher implements MessageReceiver {
  readonly load: PubSubLoad;
  readonly #connection: Connection;
  readonly #options: PubSubOptions & Shape;
  readonly #outgoing: Outgoing;
  readonly #mask: number;
  /** Per slot: the publication in it, its first subscriber, how many have it, and when it was sent. */
  readonly #publications: Float64Array;
  readonly #firstSubscriber: Int32Array;
  readonly #received: Int32Array;
  readonly #sentAt: Float64Array;
  /** Per slot and place: whether that one has it. */
  readonly #has: Uint8Array;
  #published = 0;
  #complete = 0;
  #random = 1;

  constructor(load: PubSubLoad, connection: Connection, options: PubSubOptions & Shape) {
    this.load = load;
    this.#connection = connection;
    this.#options = options;
    const size = ringSize(options.window);
    this.#mask = size - 1;
    this.#publications = new Float64Array(size);
    this.#firstSubscriber = new Int32Array(size);
    this.#received = new Int32Array(size);
    this.#sentAt = new Float64Array(size);
    this.#has = new Uint8Array(size * options.audience);
    const args = Payload.of(argsOf(options.payload));
    const publish = (request: number): Message => ({
      type: MessageType.PUBLISH,
      request,
      options: {},
      topic: options.uris(NUMBER_MARK),
      payload: args,
    });
    this.#outgoing = new Outgoing(connection, publish, options.window);
  }

  /** The number of events that have not arrived yet. */
  get outstanding(): number {
    let events = 0;
    for (const [slot, publication] of this.#publications.entries()) {
      if (publication !== 0) events += this.#options.audience - (this.#received[slot] ?? 0);
    }
    return events;
  }

  start(): void {
    this.#connection.turn.now = performance.now();
    this.fill();
  }

  fill(): void {
    const { window } = this.#options;
    while (
      this.#published - this.#complete < window &&
      this.#publications[(this.#published + 1) & this.#mask] === 0
    ) {
      this.#publish();
    }
  }

  #publish(): void {
    const { topics, audience, subscribers } = this.#options;
    const sequence = (this.#published += 1);
    const slot = sequence & this.#mask;
    const topic = topics === 1 ? 0 : this.#next() % topics;
    this.#publications[slot] = sequence;
    this.#firstSubscriber[slot] = (topic * audience) % subscribers;
    this.#received[slot] = 0;
    this.#sentAt[slot] = this.#connection.turn.now;
    this.#has.fill(0, slot * audience, (slot + 1) * audience);
    this.#outgoing.push(sequence, 0, sequence, topic);
  }

  #next(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random;
  }

  /** A subscriber has got a publication. */
  delivered(subscriber: number, sequence: number): void {
    const { faults } = this.load;
    const { audience, subscribers } = this.#options;
    const slot = sequence & this.#mask;
    if (this.#publications[slot] !== sequence) {
      const known = sequence > 0 && sequence <= this.#published;
      faults.note(
        known ? 'duplicate' : 'unexpected',
        `publication ${sequence} reached subscriber ${subscriber}`,
      );
      return;
    }
    let place = subscriber - (this.#firstSubscriber[slot] ?? 0);
    if (place < 0) place += subscribers;
    if (place >= audience) {
      faults.note('unexpected', `publication ${sequence} is not for subscriber ${subscriber}`);
      return;
    }
    if (this.#has[slot * audience + place] === 1) {
      faults.note('duplicate', `publication ${sequence} reached subscriber ${subscriber} twice`);
      return;
    }
    this.#has[slot * audience + place] = 1;
    this.load.delivered += 1;
    this.load.latency.record((this.#connection.turn.now - (this.#sentAt[slot] ?? 0)) * 1000);
    const received = (this.#received[slot] ?? 0) + 1;
    this.#received[slot] = received;
    if (received < audience) return;
    this.#publications[slot] = 0;
    this.#complete += 1;
    if (this.load.running) this.fill();
  }

  message(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString('latin1', start, Math.min(end, start + 200));
    this.load.faults.note('unexpected', `the publisher got ${text}`);
  }

  lost(reason: string): void {
    this.load.faults.note('unexpected', `the publisher was disconnected: ${reason}`);
  }
}

/** Receives EVENT, and checks that publications arrive once and in order. */
class Subscriber implements MessageReceiver {
  readonly #publisher: Publisher;
  readonly #connection: Connection;
  readonly #index: number;
  readonly #check: PayloadCheck;
  /** The type of message that a subscriber receives: EVENT from a router, the PUBLISH itself from a relay. */
  readonly #expected: number;
  #newest = 0;

  constructor(
    publisher: Publisher,
    connection: Connection,
    index: number,
    { check, relay }: { readonly check: PayloadCheck; readonly relay: boolean },
  ) {
    this.#publisher = publisher;
    this.#connection = connection;
    this.#index = index;
    this.#check = check;
    this.#expected = relay ? MessageType.PUBLISH : MessageType.EVENT;
  }

  message(bytes: Buffer, start: number, end: number): void {
    const { elements } = this.#connection;
    const { faults } = this.#publisher.load;
    elements.open(bytes, start, end);
    if (elements.uint() !== this.#expected) {
      const text = bytes.toString('latin1', start, Math.min(end, start + 200));
      faults.note('unexpected', `a subscriber got ${text}`);
      return;
    }
    // Subscription, publication, details; or request, options, topic.
    elements.skip();
    elements.skip();
    elements.skip();
    const check = this.#check;
    if (!check.read(bytes)) {
      faults.note('corrupt', `an event for subscriber ${this.#index}`);
      return;
    }
    const { sequence } = check;
    if (sequence > this.#newest) this.#newest = sequence;
    else if (sequence < this.#newest) {
      faults.note('reordered', `publication ${sequence} came after ${this.#newest}`);
    }
    this.#publisher.delivered(this.#index, sequence);
  }

  lost(reason: string): void {
    this.#publisher.load.faults.note('unexpected', `a subscriber was disconnected: ${reason}`);
  }
}
