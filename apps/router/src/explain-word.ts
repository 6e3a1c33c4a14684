/** Explains a key of the configuration, or a code of the log: what it means, its default, and where it is set. */
import { expectation } from './config/explain.ts';
import type { Path } from './config/faults.ts';
import type { LoadedConfiguration } from './config/load.ts';
import { nearest } from './config/nearest.ts';
import { jsonSchema, type JsonSchema } from './config/schema.ts';
import { CannotStart, USAGE } from './failure.ts';
import { CODES } from './log-codes.ts';

/** A key of the file, such as `realms[].roles.*.permissions`. */
interface Key {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** So much of a word is repeated to who has asked for it, in characters. */
const LONGEST = 80;
/** Up to this number of keys with the same name are explained; of more, only the paths are listed. */
const MOST_TOLD = 5;

/**
 * Explains `word`: the path of a key, the last part of one, or a code.
 * @param loaded the file in which to look where the key is set; undefined for none
 * @throws CannotStart for a word that is neither
 */
export function explainWord(word: string, loaded?: LoadedConfiguration): string {
  const keys = [...keysIn(jsonSchema(), '')];
  const asked = word.replaceAll(/\[\d+\]/g, '[]');
  const exact = keys.filter(({ path }) => path === asked);
  const found = exact.length > 0 ? exact : keys.filter(({ path }) => path.endsWith(`.${asked}`));
  const code = Object.hasOwn(CODES, word) ? CODES[word] : undefined;
  const told =
    found.length > MOST_TOLD
      ? [`${word} is a key at several places, name one of them:`, ...found.map(({ path }) => `  ${path}`)]
      : found.flatMap((key) => describe(key, loaded));
  if (code !== undefined) {
    const kind =
      code.level === 'health' ? 'a reason of /health/ready' : `a code of the log, level ${code.level}`;
    told.push(`${word}: ${kind}`, `  ${code.means}`);
  }
  if (told.length > 0) return told.join('\n');
  const known = [...keys.flatMap(({ path }) => [path, lastOf(path)]), ...Object.keys(CODES)];
  const meant = nearest(word, [...new Set(known)]);
  const hint =
    meant === undefined ? 'docs/configuration-reference.md has all keys' : `did you mean ${meant}?`;
  throw new CannotStart(
    `${word.length > LONGEST ? `${word.slice(0, LONGEST)}…` : word} is neither a key of the configuration nor a code of the log; ${hint}`,
    USAGE,
  );
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** All keys below a part of the schema; keys that alternatives share occur once. */
function* keysIn(schema: JsonSchema, above: string, seen = new Set<string>()): Generator<Key, void> {
  const { properties = {}, required = [], additionalProperties: others, items, anyOf = [] } = schema;
  for (const [name, part] of Object.entries(properties)) {
    const path = above === '' ? name : `${above}.${name}`;
    if (!seen.has(path)) yield { path, schema: part, isRequired: required.includes(name) };
    seen.add(path);
    yield* keysIn(part, path, seen);
  }
  if (others !== undefined && others !== false) yield* keysIn(others, `${above}.*`, seen);
  if (items !== undefined) yield* keysIn(items, `${above}[]`, seen);
  for (const part of anyOf) yield* keysIn(part, above, seen);
}

function describe({ path, schema, isRequired }: Key, loaded?: LoadedConfiguration): readonly string[] {
  const { description = '', default: usual } = schema;
  const otherwise = isRequired
    ? ['  required']
    : usual === undefined
      ? []
      : [`  default: ${JSON.stringify(usual)}`];
  return [
    path,
    `  ${description}`,
    `  expected: ${expectation(schema)}`,
    ...otherwise,
    ...(loaded === undefined ? [] : [`  ${whereSet(path, loaded)}`]),
  ];
}

/** All places of the file at which the key is set. */
function whereSet(path: string, loaded: LoadedConfiguration): string {
  if (path.includes('*')) return 'below any name: look for the name in the file';
  const places = pathsFor(path, loaded).flatMap((each) => {
    const place = loaded.place(each);
    // If the key is absent, its place is that of the mapping that lacks it.
    return place === loaded.place(each.slice(0, -1)) ? [] : [place];
  });
  return places.length === 0 ? 'not set in the file' : `set at ${places.join(', ')}`;
}

/** `realms[].name` as one path for each realm of the file. */
function pathsFor(path: string, { configuration }: LoadedConfiguration): readonly Path[] {
  const [first = '', ...rest] = path.split('.');
  const list = first.endsWith('[]') ? first.slice(0, -2) : undefined;
  if (list === undefined) return rest.some((step) => step.endsWith('[]')) ? [] : [[first, ...rest]];
  const { realms, realmTemplates, listeners } = configuration;
  const all = list === 'realms' ? realms : list === 'realm_templates' ? realmTemplates : listeners;
  if (rest.some((step) => step.endsWith('[]'))) return [];
  return all.map((_, index) => [list, index, ...rest]);
}
