/** Counts by name. */
import { Hook, type ReadonlyHook } from './hook.ts';

/** The part of a tally that readers use. */
export interface ReadonlyTally<Name extends string> {
  /** Something was counted: its name, and the amount. */
  readonly added: ReadonlyHook<[Name, number]>;
  /** How often it has occurred. */
  of(name: Name): number;
  /** What has occurred, by name. */
  toObject(): Partial<Record<Name, number>>;
}

export class Tally<Name extends string> implements ReadonlyTally<Name> {
  readonly added: Hook<[Name, number]> = new Hook();
  readonly #counts = new Map<Name, number>();

  add(name: Name, amount = 1): void {
    this.#counts.set(name, this.of(name) + amount);
    this.added.emit(name, amount);
  }

  of(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  toObject(): Partial<Record<Name, number>> {
    return Object.fromEntries(this.#counts) as Partial<Record<Name, number>>;
  }
}
