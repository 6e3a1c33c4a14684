/** The schemas of a contract, by URI. */
import type { Uri } from '@wamp/protocol';
import { checkOptions, having, type Rules } from '../options.ts';
import type { StandardSchema } from './standard-schema.ts';

/** Schemas of a procedure; what none is given for is not checked. */
export interface ProcedureSchemas {
  /** Of the list of positional arguments: default, there are none. */
  readonly args?: StandardSchema | undefined;
  /** Of the keyword arguments. */
  readonly kwargs?: StandardSchema | undefined;
  /** Of the first positional value of the result. */
  readonly result?: StandardSchema | undefined;
  /** Of the keyword values of the result. */
  readonly resultKwargs?: StandardSchema | undefined;
  /** Of the first positional value of each progressive result. */
  readonly progress?: StandardSchema | undefined;
}

/** Schemas of a topic. */
export interface TopicSchemas {
  readonly args?: StandardSchema | undefined;
  readonly kwargs?: StandardSchema | undefined;
}

/** What `defineContract` takes. A URI with empty components, `room..message`, stands for all that fill them. */
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
