/** The invocations of a local session: each is served by the function that was registered, and answered once. */
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

/** What a procedure answers: the arguments of the RESULT. */
export interface LocalAnswer {
  readonly args?: Args;
  readonly kwargs?: Kwargs;
}

export interface LocalInvocation {
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly details: Invocation['details'];
  /** Aborted when the caller cancels, or is gone, or the session is over: nobody waits for the answer then. */
  readonly signal: AbortSignal;
  /** Sends a part of the result; does nothing unless `details.receive_progress` asks for it. */
  readonly progress: (part: LocalAnswer) => void;
}

/** Serves a procedure. Throws an ApplicationError for an ERROR of its URI. */
export type LocalProcedure = (
  invocation: LocalInvocation,
) => LocalAnswer | undefined | Promise<LocalAnswer | undefined>;

export class LocalInvocations {
  readonly #say: (message: Message) => void;
  readonly #failed: (error: unknown) => void;
  readonly #procedures = new Map<Id, LocalProcedure>();
  readonly #running = new Map<Id, AbortController>();

  /**
   * @param say says something in the session's name
   * @param failed hears of faults that are no refusals
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

  /** The session is over. */
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

  /** What a procedure refuses is told to the caller; any other fault to those who run the router. */
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
