/** A router for tests: a script of raw messages at the other end of a transport. */
import {
  json,
  toList,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import { expect } from 'vitest';
import {
  connect,
  type ConnectOptions,
  type Session,
  type TransportFactory,
  type Untyped,
} from '../src/index.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';

const text = { encoder: new TextEncoder(), decoder: new TextDecoder() };

/** The client's end of the transport. */
class ClientEnd implements Transport {
  backlog = 0;
  limit?: number;
  listener: TransportListener | undefined;
  channelBinding?: (type: string) => Uint8Array | undefined;
  readonly serializer: Serializer;
  readonly #peer: ScriptedPeer;

  constructor(serializer: Serializer, peer: ScriptedPeer) {
    this.serializer = serializer;
    this.#peer = peer;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#peer.closed === undefined) this.#peer.received(toList(this.serializer.decode(frame)));
  }

  close(failure?: TransportFailure): void {
    this.#peer.closedByClient(failure);
  }
}

/** Both directions are synchronous: what is sent has been handled when the call returns. */
export class ScriptedPeer {
  readonly clock: ManualClock = new ManualClock();
  readonly transport: ClientEnd;
  /** How the client closed the transport: `true`, or the failure it named. */
  closed: true | TransportFailure | undefined;
  /** Whether the transport tells the client that it is closed, once the client has closed it. */
  confirmsClose = true;
  readonly #inbox: unknown[][] = [];
  #waiting: ((message: unknown[]) => void) | undefined;

  constructor(serializer: Serializer = json) {
    this.transport = new ClientEnd(serializer, this);
  }

  /** What `connect` takes as its transport. */
  get factory(): TransportFactory {
    return { name: 'scripted', open: () => Promise.resolve(this.transport) };
  }

  received(message: unknown[]): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#inbox.push(message);
    else waiting(message);
  }

  closedByClient(failure: TransportFailure | undefined): void {
    if (this.closed !== undefined) return;
    this.closed = failure ?? true;
    if (this.confirmsClose) this.transport.listener?.closed('closed');
  }

  /** The next message of the client, whatever it is. */
  next(): Promise<unknown[]> {
    const message = this.#inbox.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** The next message of the client is this one; `expect.anything()` and the like stand for parts of it. */
  async expect(message: readonly unknown[]): Promise<void> {
    expect(await this.next()).toEqual(message);
  }

  /** The client has said no more than what was expected. */
  expectNothing(): void {
    expect(this.#inbox).toEqual([]);
  }

  /** A message to the client. */
  send(message: readonly unknown[]): void {
    this.sendText(JSON.stringify(message));
  }

  /** Text to the client, be it a message or not. */
  sendText(frame: string): void {
    this.transport.listener?.frame(text.encoder.encode(frame));
  }

  /** The transport breaks. */
  drop(reason = 'connection reset'): void {
    this.closed ??= true;
    this.transport.listener?.closed(reason);
  }
}

/** A router that takes all that a client may send. */
export const ADVANCED = {
  broker: { features: { payload_passthru_mode: true, event_retention: true } },
  dealer: {
    features: {
      call_canceling: true,
      call_timeout: true,
      progressive_call_results: true,
      progressive_call_invocations: true,
      payload_passthru_mode: true,
    },
  },
};

export const ALL_FEATURES = {
  broker: { features: { subscriber_blackwhite_listing: true } },
  dealer: { features: { call_canceling: true, call_timeout: true } },
};

/** Lets everything that is settled be heard. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** A session that has joined, and the peer it talks to. */
export interface Joined<C = Untyped> {
  readonly session: Session<C>;
  readonly peer: ScriptedPeer;
}

/** How a test has a session. */
export type JoinedOptions<C = Untyped> = Partial<ConnectOptions<C>> & {
  /** What WELCOME announces. */
  readonly roles?: object;
  /** Further attributes of WELCOME.Details. */
  readonly details?: object;
  /** What the transport speaks; a flavour of JSON. */
  readonly serializer?: Serializer;
};

/** A session that has joined, of one connection only: HELLO and WELCOME are behind it. */
export async function joined<C = Untyped>(options: JoinedOptions<C> = {}): Promise<Joined<C>> {
  const { roles = ALL_FEATURES, serializer, details, ...rest } = options;
  const peer = new ScriptedPeer(serializer);
  const connecting = connect<C>('ws://scripted/', {
    realm: 'realm1',
    transport: peer.factory,
    clock: peer.clock,
    reconnect: false,
    keepAlive: false,
    ...rest,
  });
  await peer.next();
  peer.send([
    2,
    4711,
    { roles, realm: 'realm1', authid: 'joe', authrole: 'user', authmethod: 'anonymous', ...details },
  ]);
  return { session: await connecting, peer };
}

/** The error that a promise rejects with. */
export async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
