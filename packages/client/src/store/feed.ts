/** The events of a topic, subscribed to once for all stores that need them. */
import type { WampEvent } from '../core/event.ts';
import { toError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { SubscribeOptions } from '../subscription.ts';
import { keyOf, Shared } from './shared.ts';

/** What a reader of a feed receives. */
export interface FeedReader {
  event(event: WampEvent<unknown[]>): void;
  /** The router refused the subscription, or it ended with an error. */
  failed(error: Error): void;
}

const feeds = new Shared<Feed>();

/** Starts reading a topic. Returns a function that stops. */
export function readTopic(
  session: Pick<Session, 'untyped'>,
  topic: string,
  options: SubscribeOptions,
  reader: FeedReader,
): () => void {
  const { signal: _signal, passthru: _passthru, ...rest } = options;
  const key = keyOf(topic, rest);
  return feeds.of(session, key, (forget) => new Feed(session.untyped, topic, options, forget)).add(reader);
}

class Feed {
  readonly #readers = new Set<FeedReader>();
  readonly #leave = new AbortController();
  readonly #forget: () => void;

  constructor(session: Session, topic: string, options: SubscribeOptions, forget: () => void) {
    this.#forget = forget;
    const { signal } = this.#leave;
    session
      .subscribe(topic, (_args, event) => this.#tell(event), { ...options, signal })
      .then(({ ended }) => ended)
      .then(({ error }) => {
        this.#end(error);
      })
      .catch((thrown: unknown) => {
        this.#end(toError(thrown));
      });
  }

  add(reader: FeedReader): () => void {
    this.#readers.add(reader);
    return () => {
      if (!this.#readers.delete(reader) || this.#readers.size > 0) return;
      this.#forget();
      this.#leave.abort();
    };
  }

  #tell(event: WampEvent<unknown[]>): void {
    for (const reader of this.#readers) reader.event(event);
  }

  #end(error: Error | undefined): void {
    this.#forget();
    const readers = [...this.#readers];
    this.#readers.clear();
    if (error !== undefined && !this.#leave.signal.aborted)
      for (const reader of readers) reader.failed(error);
  }
}
