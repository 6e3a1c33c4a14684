/** The invocations of a local session: calls the registered functions, and answers each invocation once. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  Payload,
  type Args,
  type Id,
  type Interrupt,
  type Invocation,
  type Kwargs,
  type Message,
} from '@wamp/protocol';

/** The arguments of a RESULT. */
export interface LocalAnswer {
  readonly args?: Args;
  readonly kwargs?: Kwargs;
}

export interface LocalInvocation {
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly details: Invocation['details'];
  /** Aborted when the answer is no longer needed: the caller has canceled or left, or the session has ended. */
  readonly signal: AbortSignal;
  /** Sends a progressive result; does nothing unless `details.receive_progress` is true. */
  readonly progress: (part: LocalAnswer) => void;
}

/** A procedure. It throws an ApplicationError to answer with an ERROR of its URI. */
export type LocalProcedure = (
  invocation: LocalInvocation,
) => LocalAnswer | undefined | Promise<LocalAnswer | undefined>;

export class LocalInvocations {
  readonly #say: (message: Message) => void;
  readonly #failed: (error: unknown) => void;
  readonly #procedures = new Map<Id, LocalProcedure>();
  readonly #running = new Map<Id, AbortController>();

  /**
   * @param say sends a message as the session
   * @param failed called with errors other than ApplicationErrors
   */
  constructor(say: (message: Message) => void, failed: (error: unknown) => void) {
    this.#say = say;
    this.#failed = failed;
  }

  serve(registration: Id, procedure: LocalProcedure): void {
    this.#procedures.set(registration, procedure);
  }

  forget(registration: Id): void {
    this.#procedures.delete(registration);
  }

  invoke({ request, registration, details, payload }: Invocation): void {
    const procedure = this.#procedures.get(registration);
    if (procedure === undefined) {
      this.#fail(request, new ApplicationError(ErrorUri.NO_SUCH_PROCEDURE));
      return;
    }
    const running = new AbortController();
    this.#running.set(request, running);
    const { args, kwargs } = payload.lend();
    const progress = (part: LocalAnswer): void => {
      if (details.receive_progress === true) this.#yield(request, running, part, true);
    };
    void this.#run(request, running, procedure, { args, kwargs, details, signal: running.signal, progress });
  }

  interrupt({ request }: Interrupt): void {
    const running = this.#running.get(request);
    if (running === undefined) return;
    this.#running.delete(request);
    running.abort();
    this.#fail(request, new ApplicationError(ErrorUri.CANCELED));
  }

  /** Aborts all invocations. */
  close(): void {
    for (const running of this.#running.values()) running.abort();
    this.#running.clear();
    this.#procedures.clear();
  }

  async #run(
    request: Id,
    running: AbortController,
    procedure: LocalProcedure,
    invocation: LocalInvocation,
  ): Promise<void> {
    try {
      this.#yield(request, running, (await procedure(invocation)) ?? {}, false);
    } catch (error) {
      if (this.#running.get(request) !== running) return;
      this.#running.delete(request);
      this.#fail(request, error);
    }
  }

  #yield(request: Id, running: AbortController, { args, kwargs }: LocalAnswer, progress: boolean): void {
    if (this.#running.get(request) !== running) return;
    if (!progress) this.#running.delete(request);
    const options = progress ? { progress } : {};
    this.#say({ type: MessageType.YIELD, request, options, payload: Payload.of(args, kwargs) });
  }

  /** The caller gets the ApplicationError of a procedure; any other error is logged. */
  #fail(request: Id, fault: unknown): void {
    if (!(fault instanceof ApplicationError)) this.#failed(fault);
    const refusal = fault instanceof ApplicationError ? fault : new ApplicationError(ErrorUri.RUNTIME_ERROR);
    this.#say({
      type: MessageType.ERROR,
      requestType: MessageType.INVOCATION,
      request,
      details: {},
      error: refusal.uri,
      payload: Payload.of(refusal.args, refusal.kwargs),
    });
  }
}
