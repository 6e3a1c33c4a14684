/** A client's session: what a realm knows of a client, and how it sends to it. */
import type { Dict, Id, Message, PeerFeatures, Uri } from '@wamp/protocol';
import type { Client, Departure, Principal, Session, Undeliverable } from '../core/session.ts';

/** What a session is joined with. */
interface Identity {
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
}

/** What carries the session's messages to the client. */
interface Carrier {
  readonly isBehind: boolean;
  send(message: Message): Undeliverable | undefined;
  whenCaughtUp(task: () => void): void;
  leave(reason: Uri, message?: string, departure?: Departure): void;
}

/** A class, so that all sessions have one shape: V8 would take a literal with a getter for a table of names. */
export class ClientSession implements Session {
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict;
  readonly client: Client | undefined;
  readonly #carrier: Carrier;

  /**
   * @param transport for the session meta API
   * @param client what it has in common with others of its address
   */
  constructor({ id, principal, features }: Identity, transport: Dict, carrier: Carrier, client?: Client) {
    this.id = id;
    this.principal = principal;
    this.features = features;
    this.transport = transport;
    this.client = client;
    this.#carrier = carrier;
  }

  get isBehind(): boolean {
    return this.#carrier.isBehind;
  }

  send(message: Message): Undeliverable | undefined {
    return this.#carrier.send(message);
  }

  whenCaughtUp(task: () => void): void {
    this.#carrier.whenCaughtUp(task);
  }

  end(reason: Uri, message?: string, departure?: Departure): void {
    this.#carrier.leave(reason, message, departure);
  }
}
