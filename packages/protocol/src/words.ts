/** The ground types of the package: identifier, URI, dictionary. */

/** An identifier: an integer from 1 to 2^53 (spec: Building Blocks, Identifiers). */
export type Id = number;
/** A realm, topic, procedure, error or reason (spec: Building Blocks, URIs). */
export type Uri = string;
/** A dictionary with string keys; unknown keys are kept and ignored. */
export type Dict = Readonly<Record<string, unknown>>;
