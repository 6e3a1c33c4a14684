/** Procedures as functions: `session.api.math.add2(2, 3)`. */
import type { Uri } from '@wamp/protocol';
import type { Call } from './call.ts';
import type {
  NoKwargs,
  ProcedureArgs,
  ProcedureKwargs,
  ProcedureResult,
  ProcedureResultKwargs,
  ProcedureUri,
} from './contract.ts';

/** The procedures that can be called with positional arguments only. */
type Positional<C> = {
  [U in ProcedureUri<C>]: NoKwargs extends ProcedureKwargs<C, U, 'sent'> ? U : never;
}[ProcedureUri<C>];
type Heads<U> = U extends `${infer H}.${string}` ? H : U & string;
type Tails<U, H extends string> = U extends `${H}.${infer T}` ? T : never;

/**
 * A procedure as a function; a type that is not a procedure, or needs more than positional arguments, has unknown
 * types.
 */
type Callable<C, U> =
  U extends Positional<C>
    ? (
        ...args: Readonly<ProcedureArgs<C, U, 'sent'>>
      ) => Call<ProcedureResult<C, U>, ProcedureResultKwargs<C, U>>
    : unknown;

/** @typeParam U the URIs below `P` without that prefix, which is empty or ends with a dot */
type Node<C, U, P extends string> = {
  readonly [H in Heads<U>]: Callable<C, `${P}${H}`> &
    ([Tails<U, H>] extends [never] ? unknown : Node<C, Tails<U, H>, `${P}${H}.`>);
};

/** Any procedure. */
export interface AnyApi {
  (...args: readonly unknown[]): Call<unknown>;
  readonly [name: string]: AnyApi;
}

/**
 * The procedures of contract `C` as functions of their positional arguments, addressed by the components of their
 * URIs.
 */
export type Api<C> =
  string extends ProcedureUri<C> ? Readonly<Record<string, AnyApi>> : Node<C, Positional<C>, ''>;

/** @param uri empty, or ends with a dot */
export function apiOf(call: (procedure: Uri, args: unknown[]) => Call<unknown>, uri = ''): AnyApi {
  return new Proxy((() => undefined) as unknown as AnyApi, {
    // No `then`: `await` must not take this object for a promise.
    get: (_, name) =>
      typeof name === 'symbol' || name === 'then' ? undefined : apiOf(call, `${uri}${name}.`),
    apply: (_, _this, args: unknown[]) => call(uri.slice(0, -1), args),
  });
}
