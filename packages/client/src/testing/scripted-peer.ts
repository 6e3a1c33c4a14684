/** A router for tests, which sends the messages that the test tells it to. */
import {
  plainJson,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import type { TransportFactory } from '../transports/factory.ts';
import { ManualClock } from './manual-clock.ts';
import { matches } from './matching.ts';

/** Options of `welcome`. */
export interface WelcomeOptions {
  /** The session id. Default: 1, incremented with each connection. */
  readonly session?: number | undefined;
  /** The roles and their features. Default: `{ broker: {}, dealer: {} }`. */
  readonly roles?: object | undefined;
  /** Further attributes of WELCOME.Details, such as `authid`. */
  readonly details?: object | undefined;
}

/** The client's end of one connection. */
class Line implements Transport {
  readonly backlog = 0;
  readonly serializer: Serializer;
  listener: TransportListener | undefined;
  isOpen = true;
  readonly #heard: (message: readonly unknown[]) => void;

  constructor(serializer: Serializer, heard: (message: readonly unknown[]) => void) {
    this.serializer = serializer;
    this.#heard = heard;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.#heard(this.serializer.decodePayload(frame, 1).args ?? []);
  }

  close(_failure?: TransportFailure): void {
    this.end('closed');
  }

  end(reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.listener?.closed(reason);
  }
}

/**
 * The router's end of a client's connection, for tests: it receives the client's messages, and the test answers them
 * as lists in the notation of the specification. When a client reconnects, the peer serves the new connection.
 *
 * @example const peer = scriptedPeer();
 *   const connecting = connect('ws://test/', { realm: 'realm1', transport: peer.transport, clock: peer.clock });
 *   await peer.welcome();
 *   const session = await connecting;
 */
export class ScriptedPeer {
  /** For option `clock` of `connect`. */
  readonly clock: ManualClock = new ManualClock();
  /** For option `transport` of `connect`. */
  readonly transport: TransportFactory;
  readonly #serializer: Serializer;
  readonly #inbox: (readonly unknown[])[] = [];
  readonly #waiting: ((message: readonly unknown[]) => void)[] = [];
  #line: Line | undefined;
  #connections = 0;

  /** @param serializer the serializer of the connection. Default: JSON */
  constructor(serializer: Serializer = plainJson) {
    this.#serializer = serializer;
    this.transport = { name: 'scripted', open: () => Promise.resolve(this.#open()) };
  }

  /** The number of connections so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Whether the client is connected now. */
  get isOpen(): boolean {
    return this.#line?.isOpen === true;
  }

  /** Waits for the next message of the client, and returns it. */
  next(): Promise<readonly unknown[]> {
    const message = this.#inbox.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Waits for the next message of the client, and compares it with a template. In it, `ANY` matches any value, and a
   * function the values for which it returns true; matchers such as `expect.anything()` of vitest work, too.
   * @throws Error if the message does not match
   */
  async expect(template: readonly unknown[]): Promise<readonly unknown[]> {
    const message = await this.next();
    if (matches(template, message)) return message;
    throw new Error(`Expected of the client: ${shown(template)}\n                heard: ${shown(message)}`);
  }

  /** @throws Error if the client has sent a message that was not expected */
  expectNothing(): void {
    const [message] = this.#inbox;
    if (message !== undefined)
      throw new Error(`Expected nothing more of the client, heard: ${shown(message)}`);
  }

  /** Waits for HELLO, answers it with WELCOME, and returns it. */
  async welcome({ session, roles = { broker: {}, dealer: {} }, details }: WelcomeOptions = {}): Promise<
    readonly unknown[]
  > {
    const hello = await this.expect([1, () => true, () => true]);
    this.send([2, session ?? this.#connections, { roles, ...details }]);
    return hello;
  }

  /** Sends a message to the client. @throws Error if it is not connected */
  send(message: readonly unknown[]): void {
    this.sendFrame(this.#serializer.encodePayload(message, {}, 1));
  }

  /** Sends raw bytes to the client, valid or not. @throws Error if it is not connected */
  sendFrame(frame: Uint8Array): void {
    if (this.#line?.isOpen !== true) throw new Error('The client is not connected.');
    this.#line.listener?.frame(frame);
  }

  /** Breaks the connection. */
  drop(reason = 'connection reset'): void {
    this.#line?.end(reason);
  }

  #open(): Line {
    this.#connections += 1;
    this.#line = new Line(this.#serializer, (message) => {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#inbox.push(message);
      else waiting(message);
    });
    return this.#line;
  }
}

/** A peer for one client, see {@link ScriptedPeer}. */
export function scriptedPeer(serializer?: Serializer): ScriptedPeer {
  return new ScriptedPeer(serializer);
}

function shown(message: readonly unknown[]): string {
  return JSON.stringify(message, (_key, value: unknown) =>
    typeof value === 'symbol' || typeof value === 'function' ? '*' : value,
  );
}
