/** A long-poll channel: one request at a time to send, one at a time to receive. */
import type { TransportFailure } from '@wamp/protocol';
import type { Clock } from '../clock.ts';
import { toError } from '../errors.ts';
import { BatchedChannel } from './batched-channel.ts';
import { Outgoing } from './outgoing.ts';
import type { Answer, Post } from './post.ts';
import type { Subprotocol } from './subprotocol.ts';
import { reasonIn } from './unreachable.ts';

/** How long the router may take (ms) for what is left to be said when the channel closes. */
const CLOSE_TIMEOUT = 5_000;
/** How long to wait (ms) after something between us and the router has lost patience. */
const PAUSE = 1_000;

/** Nothing was said in time: the router keeps its messages when it cannot deliver them. */
const TIMED_OUT: ReadonlySet<number> = new Set([408, 504]);

export class LongPollTransport extends BatchedChannel {
  readonly #post: Post;
  readonly #clock: Clock;
  readonly #outgoing: Outgoing;
  /** Bytes in the request that brings them to the router. */
  #leaving = 0;
  #sending: Promise<void> | undefined;
  readonly #requests = new AbortController();
  #open = true;

  /** @param post posts to `receive`, `send` and `close` of this channel */
  constructor(subprotocol: Subprotocol, post: Post, clock: Clock) {
    super(subprotocol);
    this.#post = post;
    this.#clock = clock;
    this.#outgoing = new Outgoing(subprotocol);
    void this.#receive();
  }

  get backlog(): number {
    return this.#leaving + this.#outgoing.bytes;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#open) return;
    this.#outgoing.push(frame);
    this.#sending ??= this.#send();
  }

  close(_failure?: TransportFailure): void {
    if (!this.#open) return;
    this.#open = false;
    void this.#leave();
  }

  /** LP-2: asks again and again. */
  async #receive(): Promise<void> {
    while (this.#open) {
      const answer = await this.#ask('receive');
      if (answer === undefined) return;
      if (answer.ok) this.alive();
      if (answer.body.length > 0 && answer.ok) this.received(answer.body);
      else if (TIMED_OUT.has(answer.status)) await this.#pause();
      // T-36: an empty answer says: ask again.
      else if (!answer.ok) this.#fail(refusalOf('receive', answer));
    }
  }

  /** LP-3: what gathers during one request goes out with the next. */
  async #send(): Promise<void> {
    // The messages of a turn go out together.
    await Promise.resolve();
    for (let body = this.#outgoing.next(); body !== undefined; body = this.#outgoing.next()) {
      this.#leaving = body.length;
      const answer = await this.#ask('send', body);
      this.#leaving = 0;
      this.drained();
      if (answer?.ok === false) this.#fail(refusalOf('send', answer));
      // Messages have an order: after one that was lost, there is no next one.
      if (answer?.ok !== true) this.#outgoing.clear();
    }
    this.#sending = undefined;
  }

  /** @returns undefined when there is no answer: the channel has failed, unless it was closing anyway */
  async #ask(
    action: 'receive' | 'send' | 'close',
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<Answer | undefined> {
    const { signal } = this.#requests;
    try {
      return await this.#post(action, body === undefined ? { signal } : { signal, body });
    } catch (error) {
      this.#fail(`The answer to "${action}" was lost: ${reasonIn(toError(error))}`);
      return undefined;
    }
  }

  #pause(): Promise<void> {
    return new Promise((resume) => {
      this.#clock.after(PAUSE, resume);
    });
  }

  /** Nobody waits for what the router may still do about it. */
  #fail(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.ended(reason);
    void this.#leave();
  }

  /** LP-4: when all is sent, or nothing more can be, the router is told that nobody will ask again. */
  async #leave(): Promise<void> {
    const dismiss = this.#clock.after(CLOSE_TIMEOUT, () => this.#requests.abort());
    await this.#sending;
    await this.#ask('close');
    dismiss();
    // There may be a request to receive that is still held.
    this.#requests.abort();
    this.ended('The channel is closed.');
  }
}

function refusalOf(action: string, { status }: Answer): string {
  if (status === 404) return 'The router has closed the channel.';
  return `The router answered ${status} to "${action}".`;
}
