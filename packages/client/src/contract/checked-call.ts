/** A call whose results are validated with the schemas of a contract. */
import { ErrorUri, type CancelMode, type Id, type Uri } from '@wamp/protocol';
import type { Call } from '../call.ts';
import { CallPromise } from '../call-promise.ts';
import { Lane } from '../core/lane.ts';
import { ignore } from '../core/quietly.ts';
import type { Result } from '../core/result.ts';
import { CanceledError, toError } from '../errors.ts';
import { checkedProgress, checkedResult, inTurn, type Soon } from './checks.ts';
import type { ProcedureSchemas } from './schemas.ts';

/** What to call, and the schemas of its results. */
export interface Called {
  readonly procedure: Uri;
  readonly schemas: ProcedureSchemas;
  /** Resolves when its arguments have been validated; undefined if they are. */
  readonly ready: Promise<void> | undefined;
}

export class CheckedCall extends CallPromise implements Call<unknown> {
  readonly #called: Called;
  protected readonly outcome: Promise<Result>;
  #reject: ((error: Error) => void) | undefined;
  #call: Call<unknown> | undefined;
  #canceled = false;
  /** Keeps results in order while earlier ones are validated. */
  readonly #lane = new Lane();

  /** @param start starts the call @throws what it throws, if it can start at once */
  constructor(called: Called, start: (call: CheckedCall) => Call<unknown>) {
    super();
    this.#called = called;
    let follow = (): void => undefined;
    this.outcome = new Promise((resolve, reject) => {
      this.#reject = reject;
      follow = (): void => {
        if (this.#canceled) return;
        this.#call = start(this);
        this.#call.full().then((result) => this.#conclude(result, resolve), reject);
      };
      called.ready?.then(follow).catch(reject);
    });
    if (called.ready === undefined) follow();
  }

  get requestId(): Id | undefined {
    return this.#call?.requestId;
  }

  /** Delivers a progressive result if it is valid; else the call fails. */
  progressed(given: Result, goOn: (result: Result) => void): void {
    const { procedure, schemas } = this.#called;
    this.#pass(() => checkedProgress(procedure, schemas, given), goOn);
  }

  cancel(mode?: CancelMode): void {
    this.outcome.catch(ignore);
    this.#canceled = true;
    if (this.#call === undefined) this.#reject?.(new CanceledError(ErrorUri.CANCELED));
    else this.#call.cancel(mode);
  }

  #conclude(given: Result, resolve: (result: Result) => void): void {
    const { procedure, schemas } = this.#called;
    this.#pass(() => checkedResult(procedure, schemas, given), resolve);
  }

  #pass<T>(check: () => Soon<T>, goOn: (checked: T) => void): void {
    const failed = (thrown: unknown): void => {
      this.#reject?.(toError(thrown));
      this.#call?.cancel();
    };
    try {
      const passed = inTurn(this.#lane, check, goOn);
      if (passed instanceof Promise) passed.catch(failed);
    } catch (thrown) {
      failed(thrown);
    }
  }
}
