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
  /** The same arguments as they came. */
  readonly payload: Payload;
  /** The session that calls. */
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
 * Serves a procedure: returns the result, or its positional arguments when it has no others, perhaps later; or throws an
 * ApplicationError.
 */
export type MetaProcedure = (call: MetaCall) => Args | Payload | Promise<Args | Payload>;

/**
 * What it is asked to serve waits until the realm has dealt with the CALL that asks for it, and is served before the next
 * message is heard: so `send` never calls back into the core, and a client that leaves right after its call has been served.
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
  /** The one whose REGISTERED is still to come, which it does before `register` returns. */
  #registering: MetaProcedure | undefined;
  /** INVOCATIONs to serve. Their payloads are lent until the CALL has been dealt with. */
  readonly #asked = new Fifo<Invocation>();
  readonly #receive: (message: Message) => void;
  readonly #session: (id: Id) => Session | undefined;
  readonly #failed: Hook<[unknown]>;
  #request: Id = 0;

  /**
   * @param receive gives a message of this session to its realm
   * @param session finds who calls
   * @param failed hears of faults that are no refusals
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

  /** How many procedures it serves. */
  get procedures(): number {
    return this.#procedures.size;
  }

  /** Serves a procedure from now on. */
  register(procedure: Uri, serve: MetaProcedure): void {
    const served = this.#procedures.size;
    this.#registering = serve;
    this.#receive({ type: MessageType.REGISTER, request: ++this.#request, options: {}, procedure });
    if (this.#procedures.size === served) throw new Error(`${procedure} is taken`);
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

  /** Whether there is something to serve. */
  get isAsked(): boolean {
    return this.#asked.size > 0;
  }

  /** Serves what it has been asked for. */
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

  /** What a procedure refuses is told to the caller; any other fault to those who run the router. */
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
