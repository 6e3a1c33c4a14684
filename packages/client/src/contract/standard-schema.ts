/** Standard Schema, version 1 (https://standardschema.dev): the common interface of validation libraries. */

/** A schema of zod, valibot, arktype or another library. It reads an `I`, and returns an `O`. */
export interface StandardSchema<I = unknown, O = I> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<O> | Promise<SchemaResult<O>>;
    readonly types?: { readonly input: I; readonly output: O } | undefined;
  };
}

/** The converted value, or the issues. */
export type SchemaResult<O> =
  { readonly value: O; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** One issue of a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type Types<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? Exclude<T, undefined>
  : never;

/** The input type of a schema. */
export type SchemaInput<S> = Types<S> extends { readonly input: infer I } ? I : never;
/** The output type of a schema. */
export type SchemaOutput<S> = Types<S> extends { readonly output: infer O } ? O : never;
