/** The schemas of a contract, by URI. */
import type { Uri } from '@wamp/protocol';
import { checkOptions, having, type Rules } from '../options.ts';
import type { StandardSchema } from './standard-schema.ts';

/** The schemas of a procedure; a part without a schema is not validated. */
export interface ProcedureSchemas {
  /** The list of positional arguments. Default: empty. */
  readonly args?: StandardSchema | undefined;
  /** The keyword arguments. */
  readonly kwargs?: StandardSchema | undefined;
  /** The first positional value of the result. */
  readonly result?: StandardSchema | undefined;
  /** The keyword values of the result. */
  readonly resultKwargs?: StandardSchema | undefined;
  /** The first positional value of each progressive result. */
  readonly progress?: StandardSchema | undefined;
}

/** The schemas of a topic. */
export interface TopicSchemas {
  readonly args?: StandardSchema | undefined;
  readonly kwargs?: StandardSchema | undefined;
}

/**
 * The argument of `defineContract`. A URI with empty components, `room..message`, matches all URIs that fill them.
 */
export interface ContractSchemas {
  readonly procedures?: Readonly<Record<Uri, ProcedureSchemas>> | undefined;
  readonly topics?: Readonly<Record<Uri, TopicSchemas>> | undefined;
}

const SCHEMA = having('a Standard Schema, such as of zod, valibot or arktype', '~standard', 'object');
const TOPIC: Rules<TopicSchemas> = { args: SCHEMA, kwargs: SCHEMA };
const PROCEDURE: Rules<ProcedureSchemas> = {
  ...TOPIC,
  result: SCHEMA,
  resultKwargs: SCHEMA,
  progress: SCHEMA,
};

/** Schemas by URI, of procedures or of topics. */
export class ByUri<S extends object> {
  readonly #exact: ReadonlyMap<Uri, S>;
  readonly #patterns: readonly { readonly parts: readonly string[]; readonly schemas: S }[];

  private constructor(entries: readonly (readonly [Uri, S])[]) {
    this.#exact = new Map(entries);
    this.#patterns = entries
      .filter(([uri]) => isPattern(uri))
      .map(([uri, schemas]) => ({ parts: uri.split('.'), schemas }));
  }

  /** @throws TypeError */
  static procedures(schemas: Readonly<Record<Uri, ProcedureSchemas>> = {}): ByUri<ProcedureSchemas> {
    return new ByUri(judged(schemas, PROCEDURE));
  }

  /** @throws TypeError */
  static topics(schemas: Readonly<Record<Uri, TopicSchemas>> = {}): ByUri<TopicSchemas> {
    return new ByUri(judged(schemas, TOPIC));
  }

  get uris(): Uri[] {
    return [...this.#exact.keys()];
  }

  of(uri: Uri): S | undefined {
    const exact = this.#exact.get(uri);
    if (exact !== undefined || this.#patterns.length === 0) return exact;
    const parts = uri.split('.');
    return this.#patterns.find((pattern) => covers(pattern.parts, parts))?.schemas;
  }
}

/** Whether a URI has empty components. */
export function isPattern(uri: Uri): boolean {
  return uri.split('.').includes('');
}

function covers(pattern: readonly string[], parts: readonly string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, at) => part === '' || part === parts[at]);
}

function judged<S extends object>(schemas: Readonly<Record<Uri, S>>, rules: Rules<S>): [Uri, S][] {
  const entries = Object.entries(schemas);
  for (const [uri, each] of entries) checkOptions(`contract ${uri}`, rules, each);
  return entries;
}
