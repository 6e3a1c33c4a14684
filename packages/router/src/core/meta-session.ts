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
import { Fifo } from './fifo.ts';
import type { Hook } from './hook.ts';
import { TRUSTED_ROLE, type Principal, type Session } from './session.ts';

/** A call of a procedure that the router itself serves. */
export interface MetaCall {
  readonly args: Args;
  readonly kwargs: Kwargs;
  /** The same arguments, undecoded. */
  readonly payload: Payload;
  /** The session that called. */
  readonly caller: Session;
}

/** A call whose arguments are decoded on first access. */
class Served implements MetaCall {
  readonly payload: Payload;
  readonly caller: Session;

  constructor(payload: Payload, caller: Session) {
    this.payload = payload;
    this.caller = caller;
  }

  get args(): Args {
    return this.payload.args;
  }

  get kwargs(): Kwargs {
    return this.payload.kwargs;
  }
}

/**
 * Serves a procedure: returns the result, or its positional arguments if it has no others, or a promise of either; or throws
 * an ApplicationError.
 */
export type MetaProcedure = (call: MetaCall) => Args | Payload | Promise<Args | Payload>;

/**
 * Invocations wait until the realm has processed the CALL that caused them, and are served before the next message is
 * processed. So `send` never calls back into the core, and a call is served even if its client leaves right afterwards.
 */
export class MetaSession implements Session {
  readonly id: Id;
  readonly principal: Principal = {
    authid: 'router',
    authrole: TRUSTED_ROLE,
    authmethod: 'internal',
    authprovider: 'router',
  };
  readonly features: PeerFeatures = new PeerFeatures({ callee: {} });
  readonly transport: Dict = Object.freeze({ type: 'internal' });
  readonly #procedures = new Map<Id, MetaProcedure>();
  /** The procedure that is being registered: REGISTERED arrives before `register` returns. */
  #registering: MetaProcedure | undefined;
  /** The INVOCATIONs to serve. Their payloads are lent until the CALL has been processed. */
  readonly #asked = new Fifo<Invocation>();
  readonly #receive: (message: Message) => void;
  readonly #session: (id: Id) => Session | undefined;
  readonly #failed: Hook<[unknown]>;
  #request: Id = 0;

  /**
   * @param receive passes a message of this session to its realm
   * @param session finds the calling session by its id
   * @param failed called with errors other than ApplicationErrors
   */
  constructor(
    id: Id,
    receive: (session: Session, message: Message) => void,
    session: (id: Id) => Session | undefined,
    failed: Hook<[unknown]>,
  ) {
    this.#failed = failed;
    this.id = id;
    this.#session = session;
    this.#receive = (message) => {
      receive(this, message);
    };
  }

  /** The number of procedures that the router serves. */
  get procedures(): number {
    return this.#procedures.size;
  }

  /** Serves a procedure from now on. */
  register(procedure: Uri, serve: MetaProcedure): void {
    const served = this.#procedures.size;
    this.#registering = serve;
    this.#receive({ type: MessageType.REGISTER, request: ++this.#request, options: {}, procedure });
    if (this.#procedures.size === served) throw new Error(`${procedure} is already registered`);
  }

  send(message: Message): undefined {
    switch (message.type) {
      case MessageType.REGISTERED:
        if (this.#registering === undefined) return;
        this.#procedures.set(message.registration, this.#registering);
        this.#registering = undefined;
        return;
      case MessageType.INVOCATION:
        this.#asked.push(message);
        return;
      default:
    }
  }

  /** True when invocations wait to be served. */
  get isAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** Serves the waiting invocations. */
  serve(): void {
    for (let next = this.#asked.shift(); next !== undefined; next = this.#asked.shift()) this.#serve(next);
  }

  /** The router does not leave its realm. */
  end(): void {
    return;
  }

  #serve(invocation: Invocation): void {
    const { request, payload, details } = invocation;
    try {
      const serve = this.#procedures.get(invocation.registration);
      const caller = this.#session(details.caller ?? 0);
      if (serve === undefined || caller === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_PROCEDURE);
      const result = serve(new Served(payload, caller));
      if (!(result instanceof Promise)) this.#yield(request, result);
      else {
        result.then(
          (late) => {
            this.#yield(request, late);
          },
          (error: unknown) => {
            this.#fail(request, error);
          },
        );
      }
    } catch (error) {
      this.#fail(request, error);
    }
  }

  #yield(request: Id, result: Args | Payload): void {
    const payload = result instanceof Payload ? result : Payload.of(result);
    this.#receive({ type: MessageType.YIELD, request, options: {}, payload });
  }

  /** Sends the ApplicationError of a procedure to the caller; reports any other error to the operator. */
  #fail(request: Id, error: unknown): void {
    if (!(error instanceof ApplicationError)) this.#failed.emit(error);
    const { uri, args, kwargs } =
      error instanceof ApplicationError ? error : new ApplicationError(ErrorUri.RUNTIME_ERROR);
    this.#receive({
      type: MessageType.ERROR,
      requestType: MessageType.INVOCATION,
      request,
      details: {},
      error: uri,
      payload: Payload.of(args, kwargs),
    });
  }
}
