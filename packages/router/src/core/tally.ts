/** Counts by name. */

export class Tally<Name extends string> {
  readonly #counts = new Map<Name, number>();

  add(name: Name, amount = 1): void {
    this.#counts.set(name, this.of(name) + amount);
  }

  of(name: Name): number {
    return this.#counts.get(name) ?? 0;
  }

  /** What has occurred, by name. */
  toObject(): Partial<Record<Name, number>> {
    return Object.fromEntries(this.#counts) as Partial<Record<Name, number>>;
  }
}
