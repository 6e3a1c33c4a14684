/** A call whose results are held against their schemas. */
import { ErrorUri, type CancelMode, type Id, type Uri } from '@wamp/protocol';
import type { Call } from '../call.ts';
import { CallPromise } from '../call-promise.ts';
import { Lane } from '../core/lane.ts';
import { ignore } from '../core/quietly.ts';
import type { Result } from '../core/result.ts';
import { CanceledError, toError } from '../errors.ts';
import { checkedProgress, checkedResult, inTurn, type Soon } from './checks.ts';
import type { ProcedureSchemas } from './schemas.ts';

/** What is called, and how its results are to be. */
export interface Called {
  readonly procedure: Uri;
  readonly schemas: ProcedureSchemas;
  /** Resolves when its arguments have been checked; undefined if that is done. */
  readonly ready: Promise<void> | undefined;
}

export class CheckedCall extends CallPromise implements Call<unknown> {
  readonly #called: Called;
  protected readonly outcome: Promise<Result>;
  #reject: ((error: Error) => void) | undefined;
  #call: Call<unknown> | undefined;
  #canceled = false;
  /** Where results wait for those before them to be checked. */
  readonly #lane = new Lane();

  /** @param start makes the call */
  constructor(called: Called, start: (call: CheckedCall) => Call<unknown>) {
    super();
    this.#called = called;
    this.outcome = new Promise((resolve, reject) => {
      this.#reject = reject;
      const follow = (): void => {
        if (this.#canceled) return;
        this.#call = start(this);
        this.#call.full().then((result) => this.#conclude(result, resolve), reject);
      };
      if (called.ready === undefined) follow();
      else called.ready.then(follow).catch(reject);
    });
  }

  get requestId(): Id | undefined {
    return this.#call?.requestId;
  }

  /** Hands a progressive result on, if it fits; the call fails if it does not. */
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
