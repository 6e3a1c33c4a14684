/** Standard Schema, version 1 (https://standardschema.dev): what validators of many makers have in common. */

/** A schema of any maker: zod, valibot, arktype and others. It reads an `I`, and gives an `O`. */
export interface StandardSchema<I = unknown, O = I> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<O> | Promise<SchemaResult<O>>;
    readonly types?: { readonly input: I; readonly output: O } | undefined;
  };
}

/** A value as the schema gives it, or why it does not. */
export type SchemaResult<O> =
  { readonly value: O; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** One fault of a value. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

type Types<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? Exclude<T, undefined>
  : never;

/** What a schema reads. */
export type SchemaInput<S> = Types<S> extends { readonly input: infer I } ? I : never;
/** What a schema gives. */
export type SchemaOutput<S> = Types<S> extends { readonly output: infer O } ? O : never;
