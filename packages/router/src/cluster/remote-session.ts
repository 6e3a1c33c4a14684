/** RemoteSession: a session whose connection ends at another node, as this node's core sees it. */
import {
  MessageType,
  PeerFeatures,
  rolesOf,
  type CancelMode,
  type Dict,
  type ErrorMessage,
  type Id,
  type Interrupt,
  type Invocation,
  type Message,
  type Result,
  type SessionScope,
  type Uri,
} from '@wamp/protocol';
import type {
  Departure,
  Principal,
  RegisteredPattern,
  Remote,
  Session,
  Undeliverable,
} from '../core/session.ts';

/** The description of a session that is sent to other nodes. */
export interface RemoteIdentity {
  readonly id: Id;
  readonly principal: Principal;
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly transport: Dict;
}

/** Sends what concerns a session to its node. */
export interface RemoteWay {
  /** Sends a call to the session, or more input for it. */
  invoke(callee: RemoteSession, message: Invocation): Undeliverable | undefined;
  /** Asks the session's node to cancel a call of this node. */
  interrupt(callee: RemoteSession, message: Interrupt): void;
  /** Informs the session's node that a call of this node has ended. */
  drop(invocation: Id, mode: CancelMode, reason: Uri): void;
  /** Sends a result to the node where the call began. */
  result(caller: RemoteSession, message: Result): Undeliverable | undefined;
  /** Sends an error to the node where the call began. */
  error(caller: RemoteSession, message: ErrorMessage): void;
  /** Asks the session's node to end the session. */
  kill(session: RemoteSession, reason: Uri, message: string | undefined, quiet: boolean): void;
  /** Asks the session's node to revoke a registration of the session. */
  revoke(session: RemoteSession, registration: RegisteredPattern, reason: string | undefined): void;
}

export class RemoteSession implements Session, Remote {
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict;
  readonly node: string;
  readonly scope: SessionScope;
  isMourned = false;
  readonly #way: RemoteWay;

  /** @param scope numbers the invocations of all sessions of the node */
  constructor(
    { id, principal, roles, transport }: RemoteIdentity,
    node: string,
    scope: SessionScope,
    way: RemoteWay,
  ) {
    this.id = id;
    this.principal = principal;
    this.features = new PeerFeatures(rolesOf(roles));
    this.transport = transport;
    this.node = node;
    this.scope = scope;
    this.#way = way;
  }

  get remote(): Remote {
    return this;
  }

  /** Forwards messages of calls to the session's node. EVENTs are not sent this way: that node sends them itself. */
  send(message: Message): Undeliverable | undefined {
    switch (message.type) {
      case MessageType.INVOCATION:
        return this.#way.invoke(this, message);
      case MessageType.INTERRUPT:
        this.#way.interrupt(this, message);
        return undefined;
      case MessageType.RESULT:
        return this.#way.result(this, message);
      case MessageType.ERROR:
        if (message.requestType === MessageType.CALL) this.#way.error(this, message);
        return undefined;
      default:
        return undefined;
    }
  }

  end(reason: Uri, message?: string, { quiet = false }: Departure = {}): void {
    this.#way.kill(this, reason, message, quiet);
  }

  drop(invocation: Id, mode: CancelMode, reason: Uri): void {
    this.#way.drop(invocation, mode, reason);
  }

  revoke(registration: RegisteredPattern, reason?: string): void {
    this.#way.revoke(this, registration, reason);
  }
}
