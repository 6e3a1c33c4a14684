/** The types of contracts: what the procedures and topics of an application take and return. Types only. */
import type { Args, Kwargs } from '@wamp/protocol';

/** No keyword arguments: a dict without keys. */
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type -- its `keyof` must be never
export type NoKwargs = Record<never, never>;

/** The default contract: it accepts every URI and payload; received values are `unknown`. */
export interface Untyped {
  procedures: Record<
    string,
    { args?: unknown[]; kwargs?: Kwargs; result: unknown; resultKwargs: Kwargs; progress: unknown }
  >;
  topics: Record<string, { args: unknown[]; kwargs: Kwargs }>;
}
/** A procedure written as a function type: positional arguments and one result. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- parameters of every type extend only this one
type Shorthand = (...args: any[]) => unknown;

/**
 * The type of a schema that converts values: the sender writes an `I`, such as a string, and the receiver reads an
 * `O`, such as the Date that it represents. Without one, both sides have the same type.
 */
export interface Converted<I, O> {
  readonly '~sent': I;
  readonly '~received': O;
}
/** The type on the sending or the receiving side of a converting schema. */
export type Side = 'sent' | 'received';
type On<S extends Side, T> = 0 extends 1 & T
  ? T
  : [T] extends [Converted<infer I, infer O>]
    ? { sent: I; received: O }[S]
    : T;

type Normal<P> = P extends Shorthand
  ? { args: Parameters<P>; kwargs: NoKwargs; result: Awaited<ReturnType<P>>; progress: never }
  : P;
type Present<T> = Exclude<T, undefined>;

/** A contract that omits `procedures` or `topics` does not restrict them: every URI and payload is accepted. */
type Procedures<C> = C extends { procedures: infer P } ? P : Untyped['procedures'];
type Topics<C> = C extends { topics: infer T } ? T : Untyped['topics'];

/** The URIs of a contract's procedures. */
export type ProcedureUri<C> = keyof Procedures<C> & string;
/** The URIs of a contract's topics. */
export type TopicUri<C> = keyof Topics<C> & string;

/** What of a contract part is below a prefix; a part that accepts every URI stays as it is. */
type Below<T, P extends string> = string extends keyof T
  ? T
  : { [U in keyof T as U extends `${P}.${infer R}` ? R : never]: T[U] };

/** The procedures and topics of contract `C` whose URIs begin with `P` and a dot, by the rest of their URIs. */
export interface Scoped<C, P extends string> {
  procedures: Below<Procedures<C>, P>;
  topics: Below<Topics<C>, P>;
}

type ProcedureOf<C, U extends ProcedureUri<C>> = Normal<Procedures<C>[U]>;

/** The positional arguments of a procedure, as it receives them. */
export type ProcedureArgs<C, U extends ProcedureUri<C>, S extends Side = 'received'> =
  ProcedureOf<C, U> extends { args?: infer A } ? ListOf<On<S, Present<A>>> : [];
/** The keyword arguments of a procedure, as it receives them. */
export type ProcedureKwargs<C, U extends ProcedureUri<C>, S extends Side = 'received'> =
  ProcedureOf<C, U> extends { kwargs?: infer K } ? On<S, Present<K>> : NoKwargs;
/** The first positional value of a procedure's result, as its caller receives it. */
export type ProcedureResult<C, U extends ProcedureUri<C>, S extends Side = 'received'> =
  ProcedureOf<C, U> extends { result: infer R } ? On<S, R> : undefined;
/** The keyword values of a procedure's result, as its caller receives them. */
export type ProcedureResultKwargs<C, U extends ProcedureUri<C>, S extends Side = 'received'> =
  ProcedureOf<C, U> extends { resultKwargs: infer K } ? On<S, K> : Kwargs;
/** The progressive results of a procedure, as its caller receives them. */
export type ProcedureProgress<C, U extends ProcedureUri<C>, S extends Side = 'received'> =
  ProcedureOf<C, U> extends { progress: infer P } ? On<S, P> : never;

type Topic<C, U extends TopicUri<C>> = Topics<C>[U];
type ListOf<T> = T extends Args ? T : [];

/** The positional arguments of a topic's events, as its subscribers receive them. */
export type TopicArgs<C, U extends TopicUri<C>, S extends Side = 'received'> =
  Topic<C, U> extends infer T
    ? T extends Args
      ? T
      : T extends { args: infer A }
        ? ListOf<On<S, A>>
        : []
    : never;
/** The keyword arguments of a topic's events, as its subscribers receive them. */
export type TopicKwargs<C, U extends TopicUri<C>, S extends Side = 'received'> =
  Topic<C, U> extends infer T
    ? T extends Args
      ? NoKwargs
      : T extends { kwargs: infer K }
        ? On<S, K>
        : NoKwargs
    : never;

/** The parameter of a handler: the type of the contract, or, without one, what the handler declares. */
export type Declared<A extends Args, H extends unknown[]> = unknown[] extends A ? H : A;

/**
 * The parameters after the URI: a list is the positional arguments, a dict the keyword arguments, as on the wire. To
 * pass both, pass the list, and the dict as option `kwargs`.
 */
export type Rest<A extends Args, K, O> = keyof K extends never
  ? [] extends A
    ? [payload?: Readonly<A> | undefined, options?: O | undefined]
    : [payload: Readonly<A>, options?: O | undefined] // positional only
  : NoKwargs extends K
    ? [] extends A
      ? [
          payload?: K | Readonly<A> | undefined,
          options?: (O & { readonly kwargs?: K | undefined }) | undefined,
        ]
      : [payload: Readonly<A>, options?: (O & { readonly kwargs?: K | undefined }) | undefined]
    : [] extends A
      ? [payload: K, options?: O | undefined] | [payload: Readonly<A>, options: O & { readonly kwargs: K }]
      : [payload: Readonly<A>, options: O & { readonly kwargs: K }]; // both
