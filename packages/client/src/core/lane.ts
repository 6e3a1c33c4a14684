/** Runs steps in order: a step that need not wait runs synchronously, unless an earlier one is still pending. */
export class Lane {
  #last: Promise<void> | undefined;

  /** Whether no step is running or waiting. */
  get isFree(): boolean {
    return this.#last === undefined;
  }

  /**
   * Runs the step, now or after all earlier ones. A synchronous step returns nothing, and if it runs now, its
   * exception is thrown.
   * @param failed receives the exceptions and rejections of steps that ran later
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
