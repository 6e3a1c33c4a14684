/** A long-poll channel: at most one request that sends and one that receives at a time. */
import type { TransportFailure } from '@wamp/protocol';
import type { Clock } from '../clock.ts';
import { toError } from '../errors.ts';
import { BatchedChannel } from './batched-channel.ts';
import { Outgoing } from './outgoing.ts';
import type { HttpAnswer, Post } from './post.ts';
import type { Subprotocol } from './subprotocol.ts';
import { reasonIn } from './unreachable.ts';

/** Time limit (ms) for sending the remaining messages when the channel closes. */
const CLOSE_TIMEOUT = 5_000;
/** Delay (ms) after a proxy has ended a request with a timeout. */
const PAUSE = 1_000;

/** HTTP statuses of a timeout: the router keeps messages that it could not deliver. */
const TIMED_OUT: ReadonlySet<number> = new Set([408, 504]);

export class LongPollTransport extends BatchedChannel {
  readonly #post: Post;
  readonly #clock: Clock;
  readonly #outgoing: Outgoing;
  /** The size of the request that is sending messages, in bytes. */
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

  /** LP-2: requests messages in a loop. */
  async #receive(): Promise<void> {
    while (this.#open) {
      const answer = await this.#ask('receive');
      if (answer === undefined) return;
      if (answer.ok) this.alive();
      if (answer.body.length > 0 && answer.ok) this.received(answer.body);
      else if (TIMED_OUT.has(answer.status)) await this.#pause();
      // T-36: an empty answer means to ask again.
      else if (!answer.ok) this.#fail(refusalOf('receive', answer));
    }
  }

  /** LP-3: messages that accumulate during a request are sent with the next. */
  async #send(): Promise<void> {
    // All messages of a turn are sent together.
    await Promise.resolve();
    for (let body = this.#outgoing.next(); body !== undefined; body = this.#outgoing.next()) {
      this.#leaving = body.length;
      const answer = await this.#ask('send', body);
      this.#leaving = 0;
      this.drained();
      if (answer?.ok === false) this.#fail(refusalOf('send', answer));
      // Messages are ordered: after a lost one, no further ones may be sent.
      if (answer?.ok !== true) this.#outgoing.clear();
    }
    this.#sending = undefined;
  }

  /** @returns undefined if there is no answer: then the channel has failed, unless it was closing */
  async #ask(
    action: 'receive' | 'send' | 'close',
    body?: Uint8Array<ArrayBuffer>,
  ): Promise<HttpAnswer | undefined> {
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

  /** What the router does afterwards does not matter. */
  #fail(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.ended(reason);
    void this.#leave();
  }

  /** LP-4: notifies the router of the close, after the remaining messages were sent or have failed. */
  async #leave(): Promise<void> {
    const dismiss = this.#clock.after(CLOSE_TIMEOUT, () => this.#requests.abort());
    await this.#sending;
    await this.#ask('close');
    dismiss();
    // Ends a request to receive that is still pending.
    this.#requests.abort();
    this.ended('The channel is closed.');
  }
}

function refusalOf(action: string, { status }: HttpAnswer): string {
  if (status === 404) return 'The router has closed the channel.';
  return `The router answered ${status} to "${action}".`;
}
