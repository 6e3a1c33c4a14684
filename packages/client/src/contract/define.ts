/** Makes contracts from schemas, or from types alone. */
import type { Uri } from '@wamp/protocol';
import { ClientSession } from '../client-session.ts';
import type { Settings } from '../connect-options.ts';
import type { Converted, NoKwargs } from '../contract.ts';
import type { ImplementOptions, Implementation, Register, Validate } from '../definition.ts';
import type { BoundContract } from '../binding.ts';
import { demand, DICT, fault, checkOptions } from '../options.ts';
import type { Procedure } from '../registration.ts';
import { CheckedSession, type Schemas } from './checked-session.ts';
import { Registered } from './registered.ts';
import { ByUri, isPattern, type ContractSchemas } from './schemas.ts';
import { served } from './serve.ts';
import type { SchemaInput, SchemaOutput } from './standard-schema.ts';

/** The type of a schema's value on either side; without a schema, `D`. */
type Of<S, K extends string, D> =
  S extends Readonly<Record<K, infer X>> ? Converted<SchemaInput<X>, SchemaOutput<X>> : D;

/** `room..message` as the type of all URIs that match the pattern. */
type Filled<U extends string> = U extends `.${infer T}`
  ? `${string}.${Filled<T>}`
  : U extends `${infer H}.${infer T}`
    ? `${H}.${T extends '' ? string : Filled<T>}`
    : U;

/** The types of a procedure with schemas `S`. */
export interface ProcedureTypes<S> {
  args: Of<S, 'args', []>;
  kwargs: Of<S, 'kwargs', NoKwargs>;
  result: Of<S, 'result', undefined>;
  resultKwargs: Of<S, 'resultKwargs', Readonly<Record<string, unknown>>>;
  progress: Of<S, 'progress', never>;
}
/** The types of a topic with schemas `S`. */
export interface TopicTypes<S> {
  args: Of<S, 'args', []>;
  kwargs: Of<S, 'kwargs', NoKwargs>;
}

/** The interface that a contract with these schemas describes. */
export type TypesOf<D> = (D extends { readonly procedures: infer P }
  ? { procedures: { [U in keyof P & string as Filled<U>]: ProcedureTypes<P[U]> } }
  : unknown) &
  (D extends { readonly topics: infer T }
    ? { topics: { [U in keyof T & string as Filled<U>]: TopicTypes<T[U]> } }
    : unknown);

/** What contracts of schemas and of types have in common. */
abstract class AnyContract<C> implements BoundContract<C> {
  declare readonly '~types'?: C;

  abstract '~open'(settings: Settings, validate: Validate): ClientSession;
  protected abstract check(handlers: Readonly<Record<Uri, unknown>>): void;
  protected abstract serve(procedure: Uri, handler: Procedure, validate: Validate): Procedure;

  async '~implement'(
    handlers: Readonly<Record<Uri, unknown>>,
    { validate = 'incoming', ...options }: ImplementOptions,
    register: Register,
  ): Promise<Implementation> {
    demand(DICT, handlers, 'The handlers of implement');
    this.check(handlers);
    for (const [procedure, handler] of Object.entries(handlers)) {
      if (typeof handler !== 'function') throw fault(`The handler of ${procedure}`, 'a function', handler);
    }
    return Registered.all(
      Object.entries(handlers).map(async ([procedure, handler]) =>
        register(procedure, this.serve(procedure, handler as Procedure, validate), {
          ...(isPattern(procedure) && { match: 'wildcard' }),
          ...options,
        }),
      ),
    );
  }
}

class SchemaContract<C> extends AnyContract<C> {
  readonly #schemas: Schemas;

  constructor({ procedures, topics }: ContractSchemas) {
    super();
    this.#schemas = {
      procedures: ByUri.procedures(procedures),
      topics: ByUri.topics(topics),
    };
  }

  '~open'(settings: Settings, validate: Validate): ClientSession {
    return validate === 'off'
      ? new ClientSession(settings)
      : new CheckedSession(settings, this.#schemas, validate);
  }

  protected check(handlers: Readonly<Record<Uri, unknown>>): void {
    const { uris } = this.#schemas.procedures;
    const missing = uris.filter((uri) => !Object.hasOwn(handlers, uri));
    if (missing.length > 0)
      throw new TypeError(`Procedures of the contract lack a handler: ${missing.join(', ')}.`);
    const unknown = Object.keys(handlers).filter((uri) => !uris.includes(uri));
    if (unknown.length > 0)
      throw new TypeError(`Handlers for what is not in the contract: ${unknown.join(', ')}.`);
  }

  protected serve(procedure: Uri, handler: Procedure, validate: Validate): Procedure {
    const schemas = this.#schemas.procedures.of(procedure);
    return schemas === undefined || validate === 'off'
      ? handler
      : served(procedure, schemas, handler, validate);
  }
}

class TypesOnly<C> extends AnyContract<C> {
  '~open'(settings: Settings): ClientSession {
    return new ClientSession(settings);
  }

  protected check(): void {
    // The procedures of a contract of types are known to the compiler only.
  }

  protected serve(_procedure: Uri, handler: Procedure): Procedure {
    return handler;
  }
}

/**
 * Makes a contract from schemas, for option `contract` of `connect`, and for `session.implement`. It types calls,
 * procedures and events, and validates what is received; see option `validate`.
 *
 * A schema that converts, such as a string into a Date, converts on the receiving side. Parts without a schema are
 * not validated.
 *
 * @example const contract = defineContract({
 *   procedures: { 'math.add2': { args: z.tuple([z.number(), z.number()]), result: z.number() } },
 *   topics: { 'room..message': { args: z.tuple([z.string()]) } },
 * });
 * @throws TypeError for a schema that is not a Standard Schema, and for an unknown part
 */
export function defineContract<const D extends ContractSchemas>(schemas: D): BoundContract<TypesOf<D>> {
  checkOptions('defineContract', { procedures: DICT, topics: DICT }, schemas, defineContract);
  return new SchemaContract<TypesOf<D>>(schemas);
}

/**
 * Makes a contract from types alone: nothing is validated at run time.
 *
 * @example await session.implement(typesOnly<Api>(), { 'math.add2': ([a, b]) => a + b });
 */
export function typesOnly<C>(): BoundContract<C> {
  return new TypesOnly<C>();
}
