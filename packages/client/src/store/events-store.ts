/** A value reduced from the events of a topic, as a store. */
import type { TopicArgs, TopicKwargs, TopicUri } from '../contract.ts';
import type { WampEvent } from '../core/event.ts';
import type { Session } from '../session.ts';
import type { SubscribeOptions } from '../subscription.ts';
import { readTopic } from './feed.ts';
import { LingeringStore, type Store } from './store.ts';

/** How a store reduces events. */
export interface EventsStoreOptions<E, S> {
  /** Returns the value after an event: a new object if something has changed. */
  readonly reduce: (value: S, event: E) => S;
  /** The value before the first event. */
  readonly initial: S;
  /** Options of the subscription. */
  readonly options?: SubscribeOptions | undefined;
  /** How long it stays subscribed without subscribers (ms). Default: 1,000. */
  readonly linger?: number | undefined;
}

/** The value reduced from the events. */
export interface EventsStore<S> extends Store<S> {
  /** The error of the subscription, if it was refused or has failed. */
  readonly error: Error | undefined;
}

type EventOf<C, U extends TopicUri<C>> = WampEvent<TopicArgs<C, U>, TopicKwargs<C, U>>;

/**
 * A value reduced from the events of a topic. The topic is subscribed to while the store has subscribers, and one
 * second longer, once for all stores of the same session, topic and options.
 *
 * @example eventsStore(session, 'chat.message', {
 *   initial: [] as string[],
 *   reduce: (texts, { args: [text] }) => [...texts, text].slice(-100),
 * });
 */
export function eventsStore<C, U extends TopicUri<C>, S>(
  session: Session<C>,
  topic: U,
  options: EventsStoreOptions<EventOf<C, U>, S>,
): EventsStore<S> {
  return new ReducedEvents(session, topic, options as unknown as EventsStoreOptions<WampEvent<unknown[]>, S>);
}

class ReducedEvents<S> extends LingeringStore<S> implements EventsStore<S> {
  readonly #session: Pick<Session, 'untyped'>;
  readonly #topic: string;
  readonly #options: EventsStoreOptions<WampEvent<unknown[]>, S>;
  #value: S;
  #error: Error | undefined;

  constructor(
    session: Pick<Session, 'untyped'>,
    topic: string,
    options: EventsStoreOptions<WampEvent<unknown[]>, S>,
  ) {
    super(options.linger);
    this.#session = session;
    this.#topic = topic;
    this.#options = options;
    this.#value = options.initial;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  get(): S {
    return this.#value;
  }

  protected start(): () => void {
    this.#error = undefined;
    const { options = {}, reduce } = this.#options;
    return readTopic(this.#session, this.#topic, options, {
      event: (event) => {
        const value = reduce(this.#value, event);
        if (Object.is(value, this.#value)) return;
        this.#value = value;
        this.changed();
      },
      failed: (error) => {
        this.#error = error;
        this.changed();
      },
    });
  }
}
