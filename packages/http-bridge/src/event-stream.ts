/** One event stream: a session of its own, whose events are written as Server-Sent Events. */
import type { ServerResponse } from 'node:http';
import { ErrorUri, SerializationFailure, type Kwargs } from '@wamp/protocol';
import type { Clock, LocalEvent, LocalSession } from '@wamp/router';
import { eventIdOf, positionAfter, type EventQuery, type StreamPosition } from './event-query.ts';
import { JSON_MEDIA } from './media.ts';
import { recover } from './recovery.ts';

/** How a stream is kept alive. */
export interface StreamTerms {
  readonly clock: Clock;
  /** The time between two comments (ms). */
  readonly heartbeat: number;
}

/** How long an EventSource waits before it connects again (ms). */
const RETRY = 3000;

/** An event that waits to be written; it counts as unread by its session meanwhile. */
interface Waiting {
  readonly event: LocalEvent;
  readonly written: () => void;
}

/**
 * The session bounds the memory: an event counts as unread until the socket has accepted it, and the slow-consumer policy of
 * the role applies to a session with too many unread bytes.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #session: LocalSession;
  readonly #query: EventQuery;
  readonly #terms: StreamTerms;
  readonly #waiting: Waiting[] = [];
  #position: StreamPosition | undefined;
  /** False until the missed events have been written. */
  #isLive = false;
  /** Resolves when the socket has accepted all written data; undefined while it accepts more. */
  #drained: Promise<void> | undefined;
  #dismiss: () => void = () => undefined;

  constructor(response: ServerResponse, session: LocalSession, query: EventQuery, terms: StreamTerms) {
    this.#response = response;
    this.#session = session;
    this.#query = query;
    this.#terms = terms;
  }

  /**
   * Subscribes, begins the answer, and writes missed events, followed by live ones. Resolves when the stream has ended.
   * @throws ApplicationError when the subscription is refused; nothing has been written then
   */
  async run(): Promise<void> {
    const { topic, match, retained, after } = this.#query;
    const over = this.#whenOver();
    const options = { match, ...(retained ? { get_retained: true } : {}) };
    const { id } = await this.#session.subscribe(topic, (event) => this.#hear(event), options);
    this.#begin();
    const tell = async (event: LocalEvent, position: StreamPosition): Promise<void> => {
      this.#tell(event, position);
      await this.#drained;
    };
    try {
      const { position, complete, events } = await recover(this.#session, { subscription: id, after, tell });
      this.#position = position;
      const told = { topic, match, complete, recovered: events };
      this.#write('wamp.subscribed', told, position);
      await this.#goLive();
    } catch (error) {
      // A client that has disconnected, or was too slow, gets no answer.
      if (this.#session.isOpen && !this.#response.destroyed) throw error;
    }
    await over;
  }

  /** Resolves when the session or the connection ends, whichever is first. */
  #whenOver(): Promise<void> {
    return new Promise((resolve) => {
      this.#response.once('close', () => {
        this.#dismiss();
        this.#session.leave();
        for (const { written } of this.#waiting.splice(0)) written();
        resolve();
      });
      void this.#session.closed.then(({ reason, message }) => {
        if (reason === ErrorUri.SLOW_CONSUMER) this.#response.destroy();
        else if (this.#response.headersSent && !this.#response.writableEnded) {
          this.#write('wamp.closed', { reason, ...(message === undefined ? {} : { message }) }, undefined);
          this.#response.end();
        }
      });
    });
  }

  #begin(): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    this.#put(`retry: ${RETRY}\n\n`);
    this.#beat();
  }

  #beat(): void {
    const { clock, heartbeat } = this.#terms;
    this.#dismiss = clock.after(heartbeat, () => {
      if (this.#drained === undefined) this.#put(':\n\n');
      this.#beat();
    });
  }

  /** @returns a promise while the event is unread */
  #hear(event: LocalEvent): Promise<void> | undefined {
    if (this.#isLive && this.#drained === undefined) {
      this.#tellLive(event);
      return this.#drained;
    }
    return new Promise((written) => {
      this.#waiting.push({ event, written });
    });
  }

  /** Writes the waiting events as fast as the socket accepts them, and from then on live events directly. */
  async #goLive(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#tellLive(next.event);
      await this.#drained;
      next.written();
    }
    this.#isLive = true;
  }

  /** Writes a live event, unless the recovery has already returned it, because it was published after SUBSCRIBE. */
  #tellLive(event: LocalEvent): void {
    const { x_offset: offset } = event.details;
    const position = this.#position;
    if (position === undefined || offset === undefined) {
      this.#tell(event, undefined);
      return;
    }
    if (offset <= position.offset) return;
    const next = positionAfter(position, event);
    this.#position = next ?? { ...position, offset };
    if (next !== undefined) this.#tell(event, next);
  }

  #tell({ args, kwargs, publication, details }: LocalEvent, position: StreamPosition | undefined): void {
    const { topic = this.#query.topic } = details;
    this.#write(undefined, { topic, args, kwargs, publication, details }, position);
  }

  #write(type: string | undefined, value: Kwargs, position: StreamPosition | undefined): void {
    const lines = [
      ...(type === undefined ? [] : [`event: ${type}`]),
      ...(position === undefined ? [] : [`id: ${eventIdOf(position)}`]),
      `data: ${textOf(value)}`,
    ];
    this.#put(`${lines.join('\n')}\n\n`);
  }

  #put(text: string): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (this.#response.write(text) || this.#drained !== undefined) return;
    this.#drained = new Promise((resolve) => {
      const done = (): void => {
        this.#response.off('close', done);
        this.#response.off('drain', done);
        this.#drained = undefined;
        resolve();
        if (this.#isLive) {
          this.#isLive = false;
          void this.#goLive();
        }
      };
      this.#response.on('drain', done);
      this.#response.on('close', done);
    });
  }
}

/** The JSON text of a value, which has no line ends: JSON escapes them in strings. */
function textOf(value: Kwargs): string {
  try {
    return Buffer.from(JSON_MEDIA.write(value)).toString();
  } catch (error) {
    if (!(error instanceof SerializationFailure)) throw error;
    const { topic, publication } = value;
    return JSON.stringify({ topic, publication, error: ErrorUri.INVALID_PAYLOAD, args: [error.message] });
  }
}
