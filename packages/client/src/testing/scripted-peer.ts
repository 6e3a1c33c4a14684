/** A router that says what a test makes it say, message by message. */
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

/** What WELCOME tells. */
export interface WelcomeOptions {
  /** Default 1, and one more with each connection. */
  readonly session?: number | undefined;
  /** The roles, each with its features: default `{ broker: {}, dealer: {} }`. */
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
 * The other end of a client, for tests: its messages arrive here, and the test answers them, as lists like those of the
 * specification. A client that connects again has another connection, with the same peer.
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

  /** @param serializer what the two speak: default JSON */
  constructor(serializer: Serializer = plainJson) {
    this.#serializer = serializer;
    this.transport = { name: 'scripted', open: () => Promise.resolve(this.#open()) };
  }

  /** How many connections there have been. */
  get connections(): number {
    return this.#connections;
  }

  /** Whether the client is connected now. */
  get isOpen(): boolean {
    return this.#line?.isOpen === true;
  }

  /** The next message of the client; waits for it. */
  next(): Promise<readonly unknown[]> {
    const message = this.#inbox.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /**
   * Waits for the next message of the client, and holds it against a template. There, `ANY` stands for anything, a
   * function for what it returns true for; `expect.anything()` of vitest and its like work, too.
   * @throws Error when it is another message
   */
  async expect(template: readonly unknown[]): Promise<readonly unknown[]> {
    const message = await this.next();
    if (matches(template, message)) return message;
    throw new Error(`Expected of the client: ${shown(template)}\n                heard: ${shown(message)}`);
  }

  /** @throws Error when the client has said more than was expected */
  expectNothing(): void {
    const [message] = this.#inbox;
    if (message !== undefined)
      throw new Error(`Expected nothing more of the client, heard: ${shown(message)}`);
  }

  /** Waits for HELLO, which it gives, and answers it with WELCOME. */
  async welcome({ session, roles = { broker: {}, dealer: {} }, details }: WelcomeOptions = {}): Promise<
    readonly unknown[]
  > {
    const hello = await this.expect([1, () => true, () => true]);
    this.send([2, session ?? this.#connections, { roles, ...details }]);
    return hello;
  }

  /** Says a message to the client. @throws Error when it is not connected */
  send(message: readonly unknown[]): void {
    this.sendFrame(this.#serializer.encodePayload(message, {}, 1));
  }

  /** Sends bytes to the client, be they a message or not. @throws Error when it is not connected */
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
