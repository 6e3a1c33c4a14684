/** A long-poll channel: its transport, and the bodies that its client sends, in order. */
import type { IncomingMessage } from 'node:http';
import { Account } from '../core/account.ts';
import type { Host } from '../host.ts';
import { readBody, type BodyBounds, type BodyFault } from './body.ts';
import type { LongPollTransport } from './long-poll-transport.ts';
import type { HttpRefusal } from './refusal.ts';
import * as Refusals from './refusals.ts';

/** The memory of a request in addition to its body (bytes), which also limits the number of requests. */
const REQUEST = 32 * 1024;

/** Reads a body; counts in `limited` a body for which there is no room. */
export async function readCounted(
  router: Host,
  request: IncomingMessage,
  bounds: Omit<BodyBounds, 'clock'>,
): Promise<Uint8Array | BodyFault> {
  const body = await readBody(request, { clock: router.clock, ...bounds });
  if (body === 'no-room') router.limited.add('long_poll_bodies');
  return body;
}

/** The refusal for a request whose body could not be read. */
export function httpRefusalOf(fault: BodyFault): HttpRefusal {
  if (fault === 'late') return Refusals.LATE_BODY;
  return fault === 'no-room' ? Refusals.MANY_BODIES : Refusals.LONG_BODY;
}

export class LongPollChannel {
  readonly transport: LongPollTransport;
  readonly #router: Host;
  /** The bodies that are being read, or wait for earlier ones. */
  readonly #bodies: Account;
  /** The time in which a body has to arrive (ms). */
  readonly #time: number;
  /** Resolves when the last request with messages has been processed. */
  #sent: Promise<unknown> = Promise.resolve();

  constructor(router: Host, transport: LongPollTransport, bodies: Account, time: number) {
    this.#router = router;
    this.transport = transport;
    this.#bodies = bodies;
    this.#time = time;
  }

  /**
   * Processes the messages of a request. Requests are processed in the order in which they began, because some clients send
   * the next one before the last is answered.
   * @returns why the request is refused; undefined when it succeeded
   */
  async take(request: IncomingMessage): Promise<HttpRefusal | undefined> {
    const account = new Account(Infinity, this.#bodies);
    if (!account.reserve(REQUEST)) {
      this.#router.limited.add('long_poll_bodies');
      request.resume();
      return Refusals.MANY_BODIES;
    }
    const size = this.transport.acceptedLength;
    const reading = readCounted(this.#router, request, { size, account, time: this.#time, keepsHead: true });
    const taken = this.#deliver(this.#sent, reading, account);
    this.#sent = taken;
    const body = await reading;
    // A body that could not be read does not have to wait for earlier requests.
    return body === 'late' || body === 'no-room' ? httpRefusalOf(body) : taken;
  }

  /** Waits until earlier requests have been processed, and reading is not paused; then processes the body. */
  async #deliver(
    before: Promise<unknown>,
    reading: Promise<Uint8Array | BodyFault>,
    account: Account,
  ): Promise<HttpRefusal | undefined> {
    const { transport } = this;
    const body = await reading;
    if (!(body instanceof Uint8Array)) account.release(account.used);
    await before;
    while (transport.resumed !== undefined) await transport.resumed;
    account.release(account.used);
    if (body instanceof Uint8Array) return transport.deliver(body) ? undefined : Refusals.NO_MESSAGE;
    if (body !== 'late' && body !== 'no-room') transport.tooLong(body);
    return httpRefusalOf(body);
  }
}
