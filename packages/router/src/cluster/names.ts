/** Names: the current run of each node according to the ledger. */
import type { NodeId } from './engine.ts';
import { escaped, valueBytes, valueOf } from './keys.ts';

interface Run extends NodeId {
  /** When this node has read it, by `clock.elapsed()`. */
  readonly since: number;
}

/** The key under which a node writes its current run. */
export function nameKey(name: string): string {
  return `n.${escaped(name)}`;
}

export function nameValue({ name, epoch }: NodeId): Uint8Array {
  return valueBytes({ name, epoch });
}

export class Names {
  readonly #byKey = new Map<string, Run>();

  /** Processes a change of a key that begins with `n.`. @returns the run in its value; undefined when the key was deleted */
  entry(key: string, bytes: Uint8Array | undefined, now: number): NodeId | undefined {
    const run = bytes && (valueOf(bytes) as NodeId | undefined);
    if (run === undefined) {
      this.#byKey.delete(key);
      return undefined;
    }
    const known = this.#byKey.get(key);
    if (known?.epoch !== run.epoch) this.#byKey.set(key, { name: run.name, epoch: run.epoch, since: now });
    return run;
  }

  epochOf(name: string): string | undefined {
    return this.#byKey.get(nameKey(name))?.epoch;
  }

  entries(): Iterable<[key: string, run: Run]> {
    return this.#byKey;
  }

  values(): Iterable<Run> {
    return this.#byKey.values();
  }

  clear(): void {
    this.#byKey.clear();
  }
}
