/** A subscription: its options, its handle, and its events as an async iterable. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Args, Dict, Id, Kwargs, MatchPolicy, Uri } from '@wamp/protocol';
import { nowBy, type Clock } from './clock.ts';
import { Cursor, type Position } from './core/cursor.ts';
import type { WampEvent } from './core/event.ts';
import { Handle, type HandleState, type Leave } from './core/handle.ts';
import type { Ending } from './ending.ts';
import { Lane } from './core/lane.ts';
import type { PassthruOption } from './core/passthru.ts';
import { Queue, type BufferOptions } from './core/queue.ts';
import { ignore } from './core/quietly.ts';
import type { Gap } from './core/restoration.ts';

/** Options of `subscribe`. */
export interface SubscribeOptions {
  /** How the topic matches publications. Default: `exact`. */
  readonly match?: MatchPolicy | undefined;
  /** Asks for the event that the router retains for the topic, if any: it arrives first, marked `retained`. */
  readonly getRetained?: boolean | undefined;
  /** Unsubscribes when it is aborted. Before the router has answered, `subscribe` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether to ask the router, after a reconnect, for the events published meanwhile, if it supports that
   * (`x_event_recovery`). Default: true.
   */
  readonly recover?: boolean | undefined;
  /**
   * The `position` of an earlier subscription, even of another process: the events published since then are delivered
   * first.
   */
  readonly since?: Position | undefined;
  /** For a subscription without a handler. */
  readonly buffer?: BufferOptions | undefined;
  /** Reads events in Payload Passthru Mode. */
  readonly passthru?: PassthruOption;
  /** Further attributes of SUBSCRIBE.Options, in the spelling of the wire. */
  readonly extra?: Kwargs | undefined;
}

/**
 * A subscription. Without a handler, it is an async iterable of its events: `for await` takes them one by one, and
 * leaving the loop unsubscribes. The loop ends when the subscription ends, and throws if that was a failure.
 */
export interface Subscription<A extends Args = Args, K = Kwargs>
  extends AsyncIterable<WampEvent<A, K>>, AsyncDisposable {
  /** The topic, or the pattern, that was subscribed to. */
  readonly topic: Uri;
  /** The subscription id; undefined once the subscription has ended. */
  readonly id: Id | undefined;
  readonly state: HandleState;
  /**
   * Resolves when the subscription has ended: by `unsubscribe`, by the router, or with the session. Never rejects.
   */
  readonly ended: Promise<Ending>;
  /**
   * Its position in the topic's event log, if the router keeps one: after the last event that the handler was called with
   * or the loop has taken. Pass it to `subscribe` as `since`.
   */
  readonly position: Position | undefined;
  /** How many events were dropped by option `buffer.overflow`, in total. */
  readonly dropped: number;
  /**
   * Calls `listener` when events may have been missed that the router could not recover, so that the application can
   * reload its state. The first listener is also told the latest gap before it, if any. Returns a function that removes the
   * listener.
   */
  on(type: 'gap', listener: (gap: Gap) => unknown): () => void;
  /** Delivers no further events; resolves when the router has confirmed. */
  unsubscribe(): Promise<void>;
}

/** The handler of a subscription, as the core calls it. */
export type EventHandler = (args: unknown[], event: WampEvent<unknown[]>) => unknown;

export class SubscriptionHandle extends Handle implements Subscription<unknown[]> {
  readonly lane: Lane = new Lane();
  readonly passthru: PassthruOption;
  readonly cursor: Cursor = new Cursor();
  readonly recovers: boolean;
  readonly #gapListeners = new Set<(gap: Gap) => unknown>();
  /** The latest gap, until there is a listener: that of `since` may precede the end of `subscribe`. */
  #untold: Gap | undefined;
  readonly #handler: EventHandler | undefined;
  readonly #events: Queue<WampEvent<unknown[]>>;

  constructor(
    topic: Uri,
    options: Dict,
    leave: Leave,
    handler: EventHandler | undefined,
    { buffer, passthru, recover = true, since }: SubscribeOptions,
    clock: Clock,
  ) {
    super(topic, options, leave);
    this.recovers = recover;
    if (since !== undefined) Object.assign(this.cursor, since, { away: nowBy(clock) });
    this.passthru = passthru;
    this.#handler = handler;
    this.#events = new Queue(buffer, (event) => this.cursor.take(event));
  }

  get position(): Position | undefined {
    return this.cursor.position;
  }

  get dropped(): number {
    return this.#events.dropped;
  }

  on(_type: 'gap', listener: (gap: Gap) => unknown): () => void {
    this.#gapListeners.add(listener);
    if (this.#untold !== undefined) this.missed(this.#untold);
    this.#untold = undefined;
    return () => this.#gapListeners.delete(listener);
  }

  missed(gap: Gap): void {
    if (this.#gapListeners.size === 0) this.#untold = gap;
    for (const listener of this.#gapListeners) {
      // An exception of a gap listener is reported, and does not affect events.
      const step = async (): Promise<void> => {
        await listener(gap);
      };
      void this.lane.pass(step, ignore);
    }
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

  get hasHandler(): boolean {
    return this.#handler !== undefined;
  }

  hasRoom(bytes: number): boolean {
    return this.#handler !== undefined || this.#events.hasRoom(bytes);
  }

  deliver(event: WampEvent<unknown[]>, bytes: number): unknown {
    if (this.#handler !== undefined) {
      this.cursor.take(event);
      return this.#handler(event.args, event);
    }
    if (this.#events.push(event, bytes)) return undefined;
    const error = this.#events.overfull(`events of ${this.uri}`);
    return this.leave({ reason: error.uri, error });
  }

  override end(ending: Ending): void {
    super.end(ending);
    this.#events.end(this.ending?.error);
  }

  /** @throws TypeError if a handler already takes the events */
  [Symbol.asyncIterator](): AsyncIterator<WampEvent<unknown[]>, undefined> {
    if (this.#handler !== undefined) throw new TypeError('A subscription with a handler cannot be iterated.');
    return this.#events.iterator(() => this.unsubscribe());
  }
}
