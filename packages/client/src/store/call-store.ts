/** The result of a call as a store. */
import type { Call } from '../call.ts';
import type { CallOptions } from '../call-options.ts';
import type { ProcedureArgs, ProcedureKwargs, ProcedureResult, ProcedureUri, Rest } from '../contract.ts';
import { ignore } from '../core/quietly.ts';
import { toError } from '../errors.ts';
import type { Session } from '../session.ts';
import { keyOf, Shared } from './shared.ts';
import { LingeringStore, type Store } from './store.ts';

/** The state of a call; while it is repeated, it keeps the previous value. */
export type CallState<V> =
  | { readonly status: 'pending'; readonly value: V | undefined; readonly error: undefined }
  | { readonly status: 'done'; readonly value: V; readonly error: undefined }
  | { readonly status: 'failed'; readonly value: V | undefined; readonly error: Error };

/** The state of a call, and a method that repeats it. */
export interface CallStore<V> extends Store<CallState<V>> {
  /** Calls again, if the store has subscribers. */
  refresh(): void;
}

/** Options of a call that is made by a store, which has its own `signal`. */
export type CallStoreOptions = Omit<CallOptions<never>, 'signal' | 'onProgress'>;

const stores = new Shared<CallStore<unknown>>();

/**
 * The result of a call. It is made for the first subscriber, once for all stores of the same session, procedure,
 * payload and options, and canceled one second after the last subscriber has left.
 *
 * @example callStore(session, 'user.get', { id: '7' }).subscribe(({ value }) => show(value));
 */
export function callStore<C, U extends ProcedureUri<C>>(
  session: Session<C>,
  procedure: U,
  ...rest: Rest<ProcedureArgs<C, U, 'sent'>, ProcedureKwargs<C, U, 'sent'>, CallStoreOptions>
): CallStore<ProcedureResult<C, U>> {
  const [payload, options] = rest as unknown as readonly [never, never];
  const store = stores.of(
    session,
    keyOf(procedure, payload, options),
    (forget) => new CallResultStore(() => session.untyped.call(procedure, payload, options), forget),
  );
  return store as CallStore<ProcedureResult<C, U>>;
}

class CallResultStore extends LingeringStore<CallState<unknown>> implements CallStore<unknown> {
  readonly #call: () => Call<unknown>;
  readonly #forget: () => void;
  #state: CallState<unknown> = { status: 'pending', value: undefined, error: undefined };

  constructor(call: () => Call<unknown>, forget: () => void) {
    super();
    this.#call = call;
    this.#forget = forget;
  }

  get(): CallState<unknown> {
    return this.#state;
  }

  refresh(): void {
    this.restart();
  }

  protected start(): () => void {
    const { value: last } = this.#state;
    this.#become({ status: 'pending', value: last, error: undefined });
    let isWanted = true;
    const call = this.#call();
    call
      .then(
        (value) => {
          if (isWanted) this.#become({ status: 'done', value, error: undefined });
        },
        (thrown: unknown) => {
          if (isWanted) this.#become({ status: 'failed', value: last, error: toError(thrown) });
        },
      )
      .catch(ignore);
    return () => {
      isWanted = false;
      call.cancel();
    };
  }

  protected override rested(): void {
    this.#forget();
  }

  #become(state: CallState<unknown>): void {
    this.#state = state;
    this.changed();
  }
}
