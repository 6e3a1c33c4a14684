/** Work in its order: what can be done at once is, unless something before it still waits. */
export class Lane {
  #last: Promise<void> | undefined;

  /**
   * Takes the step, now or when all before it are done. A step that need not wait returns nothing,
   * and what it throws when it is taken now is thrown.
   * @param failed hears what later steps throw or reject with
   */
  pass(step: () => Promise<void> | undefined, failed: (thrown: unknown) => void): Promise<void> | undefined {
    const outcome = this.#last === undefined ? step() : this.#last.then(step);
    if (outcome === undefined) return undefined;
    const last: Promise<void> = outcome.catch(failed).then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
    return last;
  }
}
