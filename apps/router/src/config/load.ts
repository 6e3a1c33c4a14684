/** Loads a configuration file: returns a valid configuration, or reports all faults at once. */
import { dirname, resolve } from 'node:path';
import type { CannotStart } from '../failure.ts';
import type { Environment } from './environment.ts';
import { explain } from './explain.ts';
import { FaultyConfiguration, type Fault, type Path } from './faults.ts';
import { Files, textOf } from './files.ts';
import { configuration, jsonSchema, type Configuration } from './schema.ts';
import { readYaml } from './yaml.ts';

/** A valid configuration with its source. */
export interface LoadedConfiguration {
  readonly configuration: Configuration;
  /** Creates the error for a value at `path` that turns out to be unusable. */
  complaint(path: Path, text: string): CannotStart;
  /** The position of a value, such as `wamp.yaml:3:5`. */
  place(path: Path): string;
  /** The file that was read; undefined if there is none. */
  readonly file: string | undefined;
  /** The absolute paths of the file and all files that it names. */
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

/** @throws FaultyConfiguration */
export function readConfiguration(text: string, { file, environment }: Origin): LoadedConfiguration {
  const files = new Files(dirname(file));
  const source = readYaml(text, environment);
  if (source.value === undefined) throw new FaultyConfiguration(file, source.faults);
  const parsed = configuration(files).safeParse(source.value);
  if (parsed.success && source.faults.length === 0) {
    return {
      configuration: parsed.data,
      file,
      files: [resolve(file), ...files.asked],
      complaint: (path, what) =>
        new FaultyConfiguration(file, [{ path, position: source.locate(path), text: what }]),
      place(path) {
        const { line, column } = source.locate(path);
        return `${file}:${line}:${column}`;
      },
    };
  }
  const findings = explain(parsed.error?.issues ?? [], source.value, jsonSchema());
  // A value whose text has a fault is not checked further.
  const known = new Set(source.faults.map(({ path }) => JSON.stringify(path)));
  const more = findings
    .filter(({ path, atKey }) => atKey || !known.has(JSON.stringify(path)))
    .map(({ path, atKey, text: what }) => ({ path, position: source.locate(path, atKey), text: what }));
  throw new FaultyConfiguration(file, [...source.faults, ...more]);
}

function atStart(text: string): Fault {
  return { path: [], position: { line: 1, column: 1 }, text };
}
