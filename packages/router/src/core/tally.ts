/** Counts by name. */
import { Hook } from './hook.ts';

export class Tally<Name extends string> {
  /** Something was counted: its name, and the amount. */
  readonly added: Hook<[Name, number]> = new Hook();
  readonly #counts = new Map<Name, number>();

  add(name: Name, amount = 1): void {
    this.#counts.set(name, this.of(name) + amount);
    this.added.emit(name, amount);
  }

  of(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  /** What has occurred, by name. */
  toObject(): Partial<Record<Name, number>> {
    return Object.fromEntries(this.#counts) as Partial<Record<Name, number>>;
  }
}
