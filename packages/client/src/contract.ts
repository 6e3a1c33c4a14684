/** Types: what the procedures and topics of an application take and give. Nothing of it exists at run time. */
import type { Args, Kwargs } from '@wamp/protocol';

/** No keyword arguments: a dict without a key. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- `keyof` it is never, which is the point
interface NoKwargs {}

/**
 * The contract of a session that was given none: every URI, and any payload. `any` is meant: what
 * comes out can be used as what the application knows it to be, `const n: number = await call(…)`.
 */
/* eslint-disable @typescript-eslint/no-explicit-any -- see above; with `unknown` each result would need a cast */
export interface Untyped {
  procedures: Record<string, { args?: any[]; kwargs?: any; result: any; resultKwargs: any; progress: any }>;
  topics: Record<string, { args: any[]; kwargs: any }>;
}
/** A procedure written as a function type: positional arguments, one result. */
type Shorthand = (...args: any[]) => unknown;
/* eslint-enable @typescript-eslint/no-explicit-any */

type Normal<P> = P extends Shorthand
  ? { args: Parameters<P>; kwargs: NoKwargs; result: Awaited<ReturnType<P>>; progress: never }
  : P;
type Present<T> = Exclude<T, undefined>;

/** A contract that leaves one of the two out says nothing of it: there, every URI and any payload go. */
type Procedures<C> = C extends { procedures: infer P } ? P : Untyped['procedures'];
type Topics<C> = C extends { topics: infer T } ? T : Untyped['topics'];

/** The URIs of a contract's procedures. */
export type ProcedureUri<C> = keyof Procedures<C> & string;
/** The URIs of a contract's topics. */
export type TopicUri<C> = keyof Topics<C> & string;

type Procedure<C, U extends ProcedureUri<C>> = Normal<Procedures<C>[U]>;

/** The positional arguments of a procedure. */
export type ProcedureArgs<C, U extends ProcedureUri<C>> =
  Procedure<C, U> extends { args?: infer A } ? (Present<A> extends Args ? Present<A> : []) : [];
/** The keyword arguments of a procedure. */
export type ProcedureKwargs<C, U extends ProcedureUri<C>> =
  Procedure<C, U> extends { kwargs?: infer K } ? Present<K> : NoKwargs;
/** The first positional value of a procedure's result. */
export type ProcedureResult<C, U extends ProcedureUri<C>> =
  Procedure<C, U> extends { result: infer R } ? R : undefined;
/** The keyword values of a procedure's result. */
export type ProcedureResultKwargs<C, U extends ProcedureUri<C>> =
  Procedure<C, U> extends { resultKwargs: infer K } ? K : Kwargs;
/** What a procedure's progressive results carry. */
export type ProcedureProgress<C, U extends ProcedureUri<C>> =
  Procedure<C, U> extends { progress: infer P } ? P : never;

type Topic<C, U extends TopicUri<C>> = Topics<C>[U];

/** The positional arguments of a topic's events. */
export type TopicArgs<C, U extends TopicUri<C>> =
  Topic<C, U> extends infer T
    ? T extends Args
      ? T
      : T extends { args: infer A extends Args }
        ? A
        : []
    : never;
/** The keyword arguments of a topic's events. */
export type TopicKwargs<C, U extends TopicUri<C>> =
  Topic<C, U> extends infer T
    ? T extends Args
      ? NoKwargs
      : T extends { kwargs: infer K }
        ? K
        : NoKwargs
    : never;

/**
 * The parameters behind the URI: a LIST is the positional arguments, a DICT the keyword arguments,
 * as on the wire; both at once are a list, and the dict as option `kwargs`.
 */
export type Rest<A extends Args, K, O> = 0 extends 1 & K
  ? [payload?: A | Kwargs | undefined, options?: (O & { readonly kwargs?: Kwargs | undefined }) | undefined] // untyped
  : keyof K extends never
    ? [] extends A
      ? [payload?: A | undefined, options?: O | undefined]
      : [payload: A, options?: O | undefined] // positional only
    : [] extends A
      ? NoKwargs extends K
        ? [payload?: K | A | undefined, options?: (O & { readonly kwargs?: K | undefined }) | undefined]
        : [payload: K, options?: O | undefined] | [payload: A, options: O & { readonly kwargs: K }]
      : NoKwargs extends K
        ? [payload: A, options?: (O & { readonly kwargs?: K | undefined }) | undefined]
        : [payload: A, options: O & { readonly kwargs: K }]; // both
