/** Reads YAML into plain values, and records the position of each. */
import { isAlias, isMap, isScalar, isSeq, LineCounter } from 'yaml';
import type { Alias, Document, Node, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { expandEnvironment, type Environment } from './environment.ts';
import type { Fault, Path, Position } from './faults.ts';
import {
  compose,
  Excess,
  MOST_ALIASES,
  MOST_LEVELS,
  positionOf,
  syntaxFaults,
  TOO_DEEP,
  TOO_MANY_ALIASES,
} from './yaml-text.ts';

/** The content of a file. */
export interface YamlSource {
  readonly value: unknown;
  /** Syntax errors. */
  readonly faults: readonly Fault[];
  /** The position of a value, or of what lacks it. @param atKey whether to return the position of its key */
  locate(path: Path, atKey?: boolean): Position;
}

/** Limits the size of a file after its aliases are expanded. */
const MOST_VALUES = 50_000;

/** @param environment the variables for `${NAME}` */
export function readYaml(text: string, environment: Environment): YamlSource {
  const lines = new LineCounter();
  try {
    const document = compose(text, lines);
    const faults = syntaxFaults(document, lines);
    return faults.length > 0 ? broken(faults) : new Reading(document, lines, environment);
  } catch (error) {
    if (error instanceof Excess) return broken([error.fault]);
    throw error;
  }
}

function broken(faults: readonly Fault[]): YamlSource {
  return { value: undefined, faults, locate: () => ({ line: 1, column: 1 }) };
}

/** The offsets of a value, and of its key if it has one. */
interface YamlPlace {
  readonly key: number;
  readonly value: number;
}

/** A document as values. */
class Reading implements YamlSource {
  readonly value: unknown;
  readonly faults: Fault[] = [];
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #environment: Environment;
  /** The positions of items, by list or mapping. */
  readonly #places = new Map<unknown, ReadonlyMap<string | number, YamlPlace>>();
  #values = 0;
  #aliases = 0;

  constructor(document: Document.Parsed, lines: LineCounter, environment: Environment) {
    this.#document = document;
    this.#lines = lines;
    this.#environment = environment;
    this.value = this.#valueOf(document.contents, []);
  }

  locate(path: Path, atKey = false): Position {
    let holder = this.value;
    let offset = offsetOf(this.#document.contents);
    for (const [index, step] of path.entries()) {
      const place = this.#places.get(holder)?.get(step);
      if (place === undefined) break;
      offset = atKey && index === path.length - 1 ? place.key : place.value;
      holder = (holder as Readonly<Record<string | number, unknown>>)[step];
    }
    return positionOf(offset, this.#lines);
  }

  /** @throws Excess */
  #valueOf(node: Node | null, path: Path): unknown {
    this.#values += 1;
    if (this.#values > MOST_VALUES) throw this.#excess(node, path, TOO_MUCH);
    if (path.length > MOST_LEVELS) throw this.#excess(node, path, TOO_DEEP);
    if (isAlias(node)) return this.#anchored(node, path);
    if (isMap<Scalar, Node | null>(node)) return this.#mapping(node, path);
    if (isSeq<Node | null>(node)) return this.#list(node, path);
    return isScalar(node) ? this.#scalar(node, path) : null;
  }

  #anchored(alias: Alias, path: Path): unknown {
    this.#aliases += 1;
    if (this.#aliases > MOST_ALIASES) throw this.#excess(alias, path, TOO_MANY_ALIASES);
    const anchored = alias.resolve(this.#document);
    if (anchored !== undefined) return this.#valueOf(anchored, path);
    this.#fault(alias, path, 'stands for nothing, expected an anchor of that name before it');
    return null;
  }

  #mapping(map: YAMLMap<Scalar, Node | null>, path: Path): unknown {
    const places = new Map<string, YamlPlace>();
    const entries: [string, unknown][] = [];
    for (const { key, value } of map.items) {
      const name = String(key.value);
      const here = [...path, name];
      if (places.has(name)) this.#fault(key, here, 'stands there twice, expected it once');
      else if (UNUSABLE.includes(name)) this.#fault(key, here, 'cannot be used as a name');
      else {
        const at = offsetOf(key);
        places.set(name, { key: at, value: isUnwritten(value) ? at : offsetOf(value) });
        entries.push([name, this.#valueOf(value, here)]);
      }
    }
    const mapping = Object.fromEntries(entries);
    this.#places.set(mapping, places);
    return mapping;
  }

  #list(sequence: YAMLSeq<Node | null>, path: Path): unknown {
    const list = sequence.items.map((item, index) => this.#valueOf(item, [...path, index]));
    const places = sequence.items.map((item) => ({ key: offsetOf(item), value: offsetOf(item) }));
    this.#places.set(list, new Map(places.entries()));
    return list;
  }

  #scalar(scalar: Scalar, path: Path): unknown {
    const { value } = scalar;
    if (typeof value !== 'string' || !value.includes('${')) return value;
    const expansion = expandEnvironment(value, this.#environment);
    if ('text' in expansion) return expansion.text;
    this.#fault(scalar, path, expansion.fault);
    return value;
  }

  #fault(node: Node | null, path: Path, text: string): void {
    this.faults.push({ path, position: positionOf(offsetOf(node), this.#lines), text });
  }

  #excess(node: Node | null, path: Path, text: string): Excess {
    return new Excess(path, positionOf(offsetOf(node), this.#lines), text);
  }
}

const TOO_MUCH = 'is too much: aliases repeat what they stand for';
/** Names with a special meaning in JavaScript. */
const UNUSABLE: readonly string[] = ['__proto__', 'constructor'];

function offsetOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}

/** True for a missing value, as after `port:`. */
function isUnwritten(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null && node.source === '');
}
