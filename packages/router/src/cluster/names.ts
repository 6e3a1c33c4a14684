/** Names: the current run of each node according to the ledger. */
import type { NodeId } from './engine.ts';
import { escaped, isEpoch, isText, valueBytes, valueOf } from './keys.ts';

/** What a node writes under its name. */
export interface NameValue extends NodeId {
  /** How long the node may serve without writing this again (ms); undefined for one that serves on when it is cut off. */
  readonly lease?: number | undefined;
  /** When the node began to write this, by its own `clock.elapsed()`; only with a lease. */
  readonly at?: number | undefined;
}

/** The current run of a node. */
export interface NamedRun extends NameValue {
  /** When this node has first read it, by `clock.elapsed()`. */
  readonly since: number;
  /** When it has last read it; undefined when it may have missed later entries. */
  readonly readAt: number | undefined;
}

/** The key under which a node writes its current run. */
export function nameKey(name: string): string {
  return `n.${escaped(name)}`;
}

export function nameValue({ name, epoch, lease, at }: NameValue): Uint8Array {
  return valueBytes({ name, epoch, ...(lease === undefined ? {} : { lease, at }) });
}

/** Parses what is written under a name. @returns undefined for a value that no node has written */
function nameIn(bytes: Uint8Array): NameValue | undefined {
  const { name, epoch, lease, at } = valueOf(bytes) ?? {};
  if (!isText(name) || !isEpoch(epoch)) return undefined;
  return { name, epoch, lease: leaseIn(lease), at: typeof at === 'number' ? at : undefined };
}

/** A lease as another node has told it (ms). @returns undefined for anything else */
export function leaseIn(told: unknown): number | undefined {
  return typeof told === 'number' && told > 0 ? told : undefined;
}

export class Names {
  readonly #byKey = new Map<string, NamedRun>();

  /** Processes a change of a key that begins with `n.`. @returns the run in its value; undefined when the key was deleted */
  entry(key: string, bytes: Uint8Array | undefined, now: number): NameValue | undefined {
    const value = bytes && nameIn(bytes);
    if (value === undefined) {
      this.#byKey.delete(key);
      return undefined;
    }
    const { name, epoch } = value;
    const known = this.#byKey.get(key);
    const since = known?.epoch === epoch ? known.since : now;
    this.#byKey.set(key, { name, epoch, lease: value.lease, since, readAt: now });
    return value;
  }

  /** Entries may have been missed: it is unknown when each node has last written its name. */
  reset(): void {
    for (const [key, run] of this.#byKey) this.#byKey.set(key, { ...run, readAt: undefined });
  }

  /** The current run of a node, by the name of the node. */
  runOf(name: string): NamedRun | undefined {
    return this.#byKey.get(nameKey(name));
  }

  byEpoch(epoch: string): NamedRun | undefined {
    for (const run of this.#byKey.values()) if (run.epoch === epoch) return run;
    return undefined;
  }

  entries(): Iterable<[key: string, run: NamedRun]> {
    return this.#byKey;
  }

  values(): Iterable<NamedRun> {
    return this.#byKey.values();
  }

  clear(): void {
    this.#byKey.clear();
  }
}
