/** Loads a configuration file: returns a valid configuration, or reports all faults at once. */
import { dirname, resolve } from 'node:path';
import type { CannotStart } from '../failure.ts';
import type { Environment } from './environment.ts';
import { explain, schemaAt } from './explain.ts';
import { FaultyConfiguration, type Fault, type Path } from './faults.ts';
import { Files, textOf } from './files.ts';
import { readWhole, type WholeSource } from './include.ts';
import { configuration, jsonSchema, type Configuration } from './schema.ts';

/** A valid configuration with its source. */
export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Creates the error for a value at `path` that turns out to be unusable. */
  complaint(path: Path, text: string): CannotStart;
  /** The position of a value, such as `wamp.yaml:3:5`. */
  place(path: Path): string;
  /** The file that was read; undefined if there is none. */
  readonly file: string | undefined;
  /** The absolute paths of the file and all files that it includes or names, and of folders in which included ones are. */
  readonly files: readonly string[];
}

/** @throws FaultyConfiguration */
export function loadConfiguration(file: string, environment: Environment = process.env): LoadedConfiguration {
  const read = new Files('.').read(file);
  if (!Buffer.isBuffer(read)) throw new FaultyConfiguration(file, [atStart(read.fault)]);
  const text = textOf(read);
  if (typeof text !== 'string') throw new FaultyConfiguration(file, [atStart(text.fault)]);
  return readConfiguration(text, { file, environment });
}

/** Where a text comes from. */
export interface Origin {
  /** The name of the file, for messages; its folder is the base of relative paths. */
  readonly file: string;
  readonly environment: Environment;
}

/** The files of the configuration that is being read. */
const files = new Files('.');
let schema: ReturnType<typeof configuration> | undefined;

/** @throws FaultyConfiguration */
export function readConfiguration(text: string, { file, environment }: Origin): LoadedConfiguration {
  const source = readWhole(text, file, environment);
  const others = source.parts.slice(1).map((part) => part.file);
  if (source.value === undefined) throw new FaultyConfiguration(file, source.faults, others);
  resolvePaths(source);
  // Building the schema takes much longer than reading with it.
  schema ??= configuration(files);
  files.begin(dirname(file));
  const parsed = schema.safeParse(source.value);
  if (parsed.success && source.faults.length === 0) {
    return {
      configuration: parsed.data,
      file,
      files: [...source.files, ...files.asked],
      complaint: (path, what) => new FaultyConfiguration(file, [{ ...source.locate(path), text: what }]),
      place(path) {
        const { file: name, position } = source.locate(path);
        return `${name}:${position.line}:${position.column}`;
      },
    };
  }
  const findings = explain(parsed.error?.issues ?? [], source.value, jsonSchema());
  // A value whose text has a fault is not checked further.
  const known = new Set(source.faults.map((fault) => JSON.stringify([fault.file, fault.path])));
  const more = findings
    .map(({ path, atKey, text: what }) => ({ atKey, fault: { ...source.locate(path, atKey), text: what } }))
    .filter(({ atKey, fault }) => atKey || !known.has(JSON.stringify([fault.file, fault.path])))
    .map(({ fault }) => fault);
  throw new FaultyConfiguration(file, [...source.faults, ...more], others);
}

/** Makes relative paths in included files absolute: those files may be in other folders. */
function resolvePaths(source: WholeSource): void {
  if (source.parts.length === 1) return;
  const schema = jsonSchema();
  const visit = (holder: object, above: Path): void => {
    for (const [key, value] of Object.entries(holder) as readonly [string, unknown][]) {
      const path = [...above, Array.isArray(holder) ? Number(key) : key];
      if (typeof value === 'object' && value !== null) visit(value, path);
      if (typeof value !== 'string' || value === '') continue;
      const isPath = schemaAt(schema, path).title?.startsWith('the path of a ') === true;
      if (isPath) Object.assign(holder, { [key]: resolve(source.originOf(path).part.folder, value) });
    }
  };
  if (typeof source.value === 'object' && source.value !== null) visit(source.value, []);
}

function atStart(text: string): Fault {
  return { path: [], position: { line: 1, column: 1 }, text };
}
