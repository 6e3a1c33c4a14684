/** A client that knows nothing but lists, and waits for them as long as its transport takes. */
import { MessageType, type Transport } from '@wamp/protocol';

/** The number of the request that only asks for an answer. */
const FENCE = Number.MAX_SAFE_INTEGER;

/** What a peer does about messages that are under way. */
export interface Peer {
  readonly transport: Transport;
  /** What it has heard and nobody has asked for. */
  readonly heard: (readonly unknown[])[];
  readonly closed: boolean;
  /** Sends any list as a frame, a message or not. */
  send(message: unknown): void;
  next(): readonly unknown[] | undefined;
  /** Waits until all has arrived, here and at the router, that anybody has sent. */
  settle(): Promise<void>;
  /** Waits for a message, or the end of the transport. */
  arrival(): Promise<void>;
  /** Waits for the end of the transport, or a message instead. */
  departure(): Promise<void>;
}

/** A peer whose frames travel in memory: all that is under way arrives within a turn. */
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
    if (!Array.isArray(message)) throw new Error('a message is a list');
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

/** A peer on a real transport: it waits for what is to come, and asks for an answer when nothing is. */
export class FarPeer extends NearPeer {
  #joined = false;
  #fenced = false;
  /** Looks whether what is being waited for has come. */
  #look: () => void = () => undefined;

  override send(message: unknown): void {
    super.send(message);
    if (Array.isArray(message)) this.#note(message[0]);
  }

  /**
   * Asks the router something of no consequence. It answers in order, and has done by then what was asked
   * before. Who has not joined, or has left, has nothing to ask.
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

  /** Resolves when the condition holds; what never comes is for the test's own timeout to tell. */
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

/** Lets everything that is under way arrive: deliveries are microtasks, and this is a turn of its own. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
