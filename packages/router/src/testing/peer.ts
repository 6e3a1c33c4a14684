/** A client that sends and receives plain lists, and waits for them. */
import { MessageType, type Transport } from '@wamp/protocol';

/** The id of a request whose only purpose is its answer. */
const FENCE = Number.MAX_SAFE_INTEGER;

/** A client of a conversation. */
export interface Peer {
  readonly transport: Transport;
  /** Received messages that the script has not expected yet. */
  readonly heard: (readonly unknown[])[];
  readonly closed: boolean;
  /** Sends any list as a frame, valid message or not. */
  send(message: unknown): void;
  next(): readonly unknown[] | undefined;
  /** Waits until everything sent by either side has arrived. */
  settle(): Promise<void>;
  /** Waits for a message, or the end of the transport. */
  arrival(): Promise<void>;
  /** Waits for the end of the transport, or for a message. */
  departure(): Promise<void>;
}

/** A peer on a transport in memory: frames arrive within a turn. */
export class NearPeer implements Peer {
  readonly transport: Transport;
  readonly heard: (readonly unknown[])[] = [];
  closed = false;

  constructor(transport: Transport) {
    this.transport = transport;
    transport.listener = {
      frame: (bytes) => {
        this.hear(transport.serializer.decodePayload(bytes, 1).args ?? []);
      },
      violation: (what) => {
        throw new Error(what);
      },
      closed: () => {
        this.leave();
      },
    };
  }

  send(message: unknown): void {
    if (!Array.isArray(message)) throw new Error('expected a message as a list');
    this.transport.send(this.transport.serializer.encodePayload(message, {}, 1));
  }

  next(): readonly unknown[] | undefined {
    return this.heard.shift();
  }

  settle(): Promise<void> {
    return turn();
  }

  arrival(): Promise<void> {
    return turn();
  }

  departure(): Promise<void> {
    return turn();
  }

  protected hear(message: readonly unknown[]): void {
    this.heard.push(message);
  }

  protected leave(): void {
    this.closed = true;
  }
}

/** A peer on a real transport: it waits for expected messages, and proves silence by the answer to a request. */
export class FarPeer extends NearPeer {
  #joined = false;
  #fenced = false;
  /** Checks the condition that is being awaited. */
  #look: () => void = () => undefined;

  override send(message: unknown): void {
    super.send(message);
    if (Array.isArray(message)) this.#note(message[0]);
  }

  /**
   * Sends the router a harmless request. Because the router answers in order, it has processed everything before. Does
   * nothing unless the client has joined.
   */
  override async settle(): Promise<void> {
    if (!this.#joined || this.closed) return;
    this.#fenced = true;
    super.send([MessageType.UNREGISTER, FENCE, FENCE]);
    await this.#until(() => !this.#fenced || !this.#joined || this.closed);
  }

  override arrival(): Promise<void> {
    return this.#until(() => this.heard.length > 0 || this.closed);
  }

  override departure(): Promise<void> {
    return this.arrival();
  }

  protected override hear(message: readonly unknown[]): void {
    const [type, requestType, request] = message;
    this.#note(type);
    const answers = type === MessageType.ERROR && requestType === MessageType.UNREGISTER && request === FENCE;
    if (answers) this.#fenced = false;
    else super.hear(message);
    this.#look();
  }

  protected override leave(): void {
    super.leave();
    this.#look();
  }

  #note(type: unknown): void {
    if (type === MessageType.WELCOME) this.#joined = true;
    if (type === MessageType.GOODBYE || type === MessageType.ABORT) this.#joined = false;
  }

  /** Resolves when the condition holds; if it never does, the test runs into its own timeout. */
  async #until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      this.#look = (): void => {
        if (condition()) resolve();
      };
    });
    this.#look = () => undefined;
  }
}

/** Resolves when `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Waits for a turn of the event loop, by which everything has arrived: deliveries are microtasks. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
