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

/** Reads a body, and counts one that there is no room for. */
export async function readCounted(
  router: Host,
  request: IncomingMessage,
  bounds: Omit<BodyBounds, 'clock'>,
): Promise<Uint8Array | BodyFault> {
  const body = await readBody(request, { clock: router.clock, ...bounds });
  if (body === 'no-room') router.limited.add('long_poll_bodies');
  return body;
}

/** What a request is answered whose body could not be read. */
export function httpRefusalOf(fault: BodyFault): HttpRefusal {
  if (fault === 'late') return Refusals.LATE_BODY;
  return fault === 'no-room' ? Refusals.MANY_BODIES : Refusals.LONG_BODY;
}

export class LongPollChannel {
  readonly transport: LongPollTransport;
  readonly #router: Host;
  /** The bodies that are being read, or wait for earlier ones. */
  readonly #bodies: Account;
  /** How long a body may take to arrive (ms). */
  readonly #time: number;
  /** The last request that brought something. */
  #sent: Promise<unknown> = Promise.resolve();

  constructor(router: Host, transport: LongPollTransport, bodies: Account, time: number) {
    this.#router = router;
    this.transport = transport;
    this.#bodies = bodies;
    this.#time = time;
  }

  /**
   * Takes the messages of a request. They count in the order in which the requests that bring them began, for some clients
   * send the next one before the last is answered.
   * @returns what went wrong
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
    // A body that was not read needs no turn.
    return body === 'late' || body === 'no-room' ? httpRefusalOf(body) : taken;
  }

  /** Waits until those before are delivered, and until anything is heard at all. */
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
