/** Explains the issues that zod finds: what is wrong, and what the JSON Schema expects. */
import type { z } from 'zod';
import type { Path } from './faults.ts';
import { NOT_WELL_FORMED } from './kinds.ts';
import { nearest } from './nearest.ts';
import type { JsonSchema } from './schema.ts';

/** A fault whose position is not determined yet. */
export interface Finding {
  readonly path: Path;
  readonly text: string;
  /** True if the key is wrong, not its value. */
  readonly atKey: boolean;
}

type Issue = z.core.$ZodIssue;

/** @param value the value that was checked; it never appears in a message */
export function explain(issues: readonly Issue[], value: unknown, schema: JsonSchema): readonly Finding[] {
  return issues.flatMap((issue) => findings(issue, [], value, schema));
}

function findings(issue: Issue, above: Path, value: unknown, schema: JsonSchema): readonly Finding[] {
  const path: Path = [
    ...above,
    ...issue.path.map((step) => (typeof step === 'number' ? step : String(step))),
  ];
  const part = schemaAt(schema, path);
  const found = valueAt(value, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: [...path, key],
      text: unknownKey(key, part, schema),
      atKey: true,
    }));
  }
  if (issue.code === 'invalid_key') {
    const { propertyNames = {} } = schemaAt(schema, path.slice(0, -1));
    return [{ path, text: `${NOT_WELL_FORMED}, expected ${expectation(propertyNames)}`, atKey: true }];
  }
  if (issue.code === 'invalid_union') {
    // Report the alternative of the right type with the fewest faults, which is probably the one intended.
    const [meant] = issue.errors
      .filter((errors) => !errors.some(isOfOtherType))
      .sort((one, other) => weight(one) - weight(other));
    if (meant !== undefined) return meant.flatMap((inner) => findings(inner, path, value, schema));
  }
  const wrong = whatIsWrong(issue, found);
  const complete = issue.code === 'custom' && wrong !== NOT_WELL_FORMED;
  return [{ path, text: complete ? wrong : `${wrong}, expected ${expectation(part)}`, atKey: false }];
}

function isOfOtherType(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

/** The number of faults. */
function weight(issues: readonly Issue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function whatIsWrong(issue: Issue, found: unknown): string {
  switch (issue.code) {
    case 'custom':
      return issue.message;
    case 'invalid_type':
    case 'invalid_union':
      return found === undefined ? 'is missing' : `is ${kindOf(found)}`;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int' ? 'is too small' : 'is empty';
    case 'too_big':
      return 'is too large';
    case 'invalid_value':
      return found === undefined ? 'is missing' : 'is not one of the choices';
    default:
      return NOT_WELL_FORMED;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return Number.isInteger(value) ? 'a number' : 'no whole number';
    case 'boolean':
      return String(value);
    default:
      return 'a mapping';
  }
}

function unknownKey(key: string, { properties, anyOf = [] }: JsonSchema, whole: JsonSchema): string {
  const groups = [properties, ...anyOf.map((each) => each.properties)].map((each) => Object.keys(each ?? {}));
  // The key is known here, but not in combination with the others.
  const company = groups.find((group) => group.includes(key));
  if (company !== undefined) {
    return `does not go with the other keys, expected it beside ${company.filter((each) => each !== key).join(', ')}`;
  }
  const known = groups.flat();
  const meant = nearest(key, known);
  if (meant !== undefined) return `is not known here, did you mean ${meant}?`;
  const homes = [...new Set(homesOf(key, whole, ''))];
  if (homes.length === 0 || homes.length > (known.length > FEW_KEYS ? MOST_HOMES : 1))
    return `is not known here, expected one of ${known.join(', ')}`;
  const told = homes.map((home) => (home === '' ? 'to the top of the file' : `below ${home}`));
  return `is not known here, it belongs ${told.join(', or ')}`;
}

/** A key that is valid in more places than this is not suggested. */
const MOST_HOMES = 3;
/** A list of so few keys is more helpful than several places. */
const FEW_KEYS = 5;

/** The places where a key is valid: `limits`, `listeners[].tls`, `realms[].roles.*`. */
function homesOf(key: string, part: JsonSchema, path: string): readonly string[] {
  const { properties = {}, additionalProperties: others, items, anyOf = [] } = part;
  const below = Object.entries(properties).map(([name, each]): [JsonSchema, string] => [
    each,
    path === '' ? name : `${path}.${name}`,
  ]);
  if (others !== undefined && others !== false) below.push([others, `${path}.*`]);
  if (items !== undefined) below.push([items, `${path}[]`]);
  for (const each of anyOf) below.push([each, path]);
  const own = Object.hasOwn(properties, key) ? [path] : [];
  return [...own, ...below.flatMap(([each, place]) => homesOf(key, each, place))];
}

/** What a part of a schema expects, as the end of a sentence. */
export function expectation({ title, type, enum: choices, items }: JsonSchema): string {
  if (title !== undefined) return title;
  if (items !== undefined) return `a list, each item ${expectation(items)}`;
  if (choices !== undefined)
    return choices.length === 1 ? String(choices[0]) : `one of ${choices.join(', ')}`;
  return TYPES[type ?? ''] ?? 'something else';
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  number: 'a number',
  object: 'a mapping',
  string: 'text',
};

/** The part of a schema for a path. */
export function schemaAt(schema: JsonSchema, path: Path): JsonSchema {
  return path.reduce<JsonSchema>((part, step) => childOf(part, step) ?? {}, schema);
}

function childOf(schema: JsonSchema, step: string | number): JsonSchema | undefined {
  const { properties, additionalProperties, items, anyOf = [] } = schema;
  if (typeof step === 'number' && items !== undefined) return items;
  const own = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined;
  if (own !== undefined) return own;
  if (additionalProperties !== undefined && additionalProperties !== false) return additionalProperties;
  for (const alternative of anyOf) {
    const child = childOf(alternative, step);
    if (child !== undefined) return child;
  }
  return undefined;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((part, step) => {
    const holds = typeof part === 'object' && part !== null && Object.hasOwn(part, step);
    return holds ? (part as Readonly<Record<string | number, unknown>>)[step] : undefined;
  }, value);
}
