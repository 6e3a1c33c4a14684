/** The router as a session of its own realm: it answers `wamp.*` procedures like any callee. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  Payload,
  PeerFeatures,
  type Args,
  type Dict,
  type Id,
  type Invocation,
  type Kwargs,
  type Message,
  type Uri,
} from '@wamp/protocol';
import { TRUSTED_ROLE, type Principal, type Session } from './session.ts';

/** A call of a procedure that the router itself serves. */
export interface MetaCall {
  readonly args: Args;
  readonly kwargs: Kwargs;
  /** The session that calls. */
  readonly caller: Id;
}

/** Serves a procedure: returns the arguments of the result, or throws an ApplicationError. */
export type MetaProcedure = (call: MetaCall) => Args;

export class MetaSession implements Session {
  readonly id: Id;
  readonly principal: Principal = {
    authid: 'router',
    authrole: TRUSTED_ROLE,
    authmethod: 'internal',
    authprovider: 'router',
  };
  readonly features: PeerFeatures = new PeerFeatures({ callee: {}, publisher: {} });
  readonly transport: Dict = Object.freeze({ type: 'internal' });
  readonly #procedures = new Map<Id, MetaProcedure>();
  /** The one whose REGISTERED is still to come, which it does before `register` returns. */
  #registering: MetaProcedure | undefined;
  readonly #receive: (message: Message) => void;
  #request: Id = 0;

  /** @param receive gives a message of this session to its realm */
  constructor(id: Id, receive: (session: Session, message: Message) => void) {
    this.id = id;
    this.#receive = (message) => {
      receive(this, message);
    };
  }

  /** Serves a procedure from now on. */
  register(procedure: Uri, serve: MetaProcedure): void {
    const served = this.#procedures.size;
    this.#registering = serve;
    this.#receive({ type: MessageType.REGISTER, request: ++this.#request, options: {}, procedure });
    if (this.#procedures.size === served) throw new Error(`${procedure} is taken`);
  }

  send(message: Message): void {
    if (message.type === MessageType.REGISTERED && this.#registering !== undefined) {
      this.#procedures.set(message.registration, this.#registering);
      this.#registering = undefined;
    } else if (message.type === MessageType.INVOCATION) {
      this.#receive(this.#answer(message));
    }
  }

  /** The router does not leave its realm. */
  end(): void {
    return;
  }

  #answer(invocation: Invocation): Message {
    const { request, payload, details } = invocation;
    try {
      const serve = this.#procedures.get(invocation.registration);
      if (serve === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_PROCEDURE);
      const result = serve({ args: payload.args, kwargs: payload.kwargs, caller: details.caller ?? 0 });
      return { type: MessageType.YIELD, request, options: {}, payload: Payload.of(result) };
    } catch (error) {
      if (!(error instanceof ApplicationError)) throw error;
      const { uri, args, kwargs } = error;
      const requestType = MessageType.INVOCATION;
      return {
        type: MessageType.ERROR,
        requestType,
        request,
        details: {},
        error: uri,
        payload: Payload.of(args, kwargs),
      };
    }
  }
}
