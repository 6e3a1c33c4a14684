/** A subscribed topic: its options, its handle, and its events as an async iterable. */
import {
  ErrorUri,
  type Args,
  type Dict,
  type Id,
  type Kwargs,
  type MatchPolicy,
  type Uri,
} from '@wamp/protocol';
import type { WampEvent } from './core/event.ts';
import { Handle, type Ending, type HandleState, type Leave } from './core/handle.ts';
import { WampError } from './errors.ts';

/** What an iterable subscription does with events that nobody has asked for yet. */
export interface BufferOptions {
  /** How many events wait at most: default 10,000. */
  readonly max?: number | undefined;
  /**
   * What happens to one more: `error`, the default, ends the subscription, and the loop throws a
   * `WampError` `wamp.error.limit_exceeded`; the others lose an event without a word.
   */
  readonly overflow?: 'error' | 'drop-oldest' | 'drop-newest' | undefined;
}

/** How to subscribe. */
export interface SubscribeOptions {
  /** How the topic selects publications: default `exact`. */
  readonly match?: MatchPolicy | undefined;
  /** Unsubscribes when it is aborted; before the router has answered, `subscribe` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** For a subscription without a handler. */
  readonly buffer?: BufferOptions | undefined;
  /** Further attributes of SUBSCRIBE.Options, spelled as on the wire. */
  readonly extra?: Kwargs | undefined;
}

/**
 * A subscription. Made without a handler, it is the events itself: `for await` takes them one by
 * one, and leaving the loop unsubscribes. The loop ends when the subscription does, and throws if
 * that was a failure.
 */
export interface Subscription<A extends Args = Args, K = Kwargs>
  extends AsyncIterable<WampEvent<A, K>>, AsyncDisposable {
  /** The topic, or the pattern, that was subscribed to. */
  readonly topic: Uri;
  /** The router's id for it; undefined once it has ended. */
  readonly id: Id | undefined;
  readonly state: HandleState;
  /** Resolves, and never rejects, when it has ended: by you, by the router, or with the session. */
  readonly ended: Promise<Ending>;
  /** No event is delivered from here on; resolves when the router has confirmed. */
  unsubscribe(): Promise<void>;
}

/** The function of a subscription, as the core calls it. */
export type EventHandler = (args: unknown[], event: WampEvent<unknown[]>) => unknown;

type Next = IteratorResult<WampEvent<unknown[]>, undefined>;
interface Taker {
  resolve(next: Next): void;
  reject(error: Error): void;
}

export class SubscriptionHandle extends Handle implements Subscription<unknown[]> {
  readonly #handler: EventHandler | undefined;
  readonly #max: number;
  readonly #overflow: BufferOptions['overflow'];
  /** Events that wait for a taker, or takers that wait for an event: never both. */
  readonly #events: WampEvent<unknown[]>[] = [];
  readonly #takers: Taker[] = [];

  constructor(
    topic: Uri,
    options: Dict,
    leave: Leave,
    handler: EventHandler | undefined,
    { max = 10_000, overflow = 'error' }: BufferOptions = {},
  ) {
    super(topic, options, leave);
    this.#handler = handler;
    this.#max = max;
    this.#overflow = overflow;
  }

  get topic(): Uri {
    return this.uri;
  }

  unsubscribe(): Promise<void> {
    return this.leave({ reason: 'unsubscribed' });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  deliver(event: WampEvent<unknown[]>): unknown {
    if (this.#handler !== undefined) return this.#handler(event.args, event);
    const taker = this.#takers.shift();
    if (taker !== undefined) taker.resolve({ done: false, value: event });
    else if (this.#events.length < this.#max) this.#events.push(event);
    else return this.#overflowed(event);
    return undefined;
  }

  override end(ending: Ending): void {
    super.end(ending);
    for (const taker of this.#takers.splice(0)) this.#take(taker);
  }

  /** @throws TypeError when a handler takes the events already */
  [Symbol.asyncIterator](): AsyncIterator<WampEvent<unknown[]>, undefined> {
    if (this.#handler !== undefined) throw new TypeError('A subscription with a handler cannot be iterated.');
    return {
      next: () => new Promise((resolve, reject) => this.#take({ resolve, reject })),
      return: async () => {
        this.#events.length = 0;
        await this.unsubscribe();
        return { done: true, value: undefined };
      },
    };
  }

  #take(taker: Taker): void {
    const event = this.#events.shift();
    if (event !== undefined) taker.resolve({ done: false, value: event });
    else if (this.ending === undefined) this.#takers.push(taker);
    else if (this.ending.error === undefined) taker.resolve({ done: true, value: undefined });
    else taker.reject(this.ending.error);
  }

  #overflowed(event: WampEvent<unknown[]>): unknown {
    switch (this.#overflow) {
      case 'drop-newest':
        return undefined;
      case 'drop-oldest':
        this.#events.shift();
        this.#events.push(event);
        return undefined;
      default: {
        const reason = ErrorUri.LIMIT_EXCEEDED;
        const error = new WampError(reason, [`${this.#max} events of ${this.uri} wait to be taken.`]);
        return this.leave({ reason, error });
      }
    }
  }
}
