/** Failures that nobody else needs to hear of: where one is passed over, a comment says who has heard of it. */

/** For a promise whose failure its owner has another way to hear of. */
export function ignore(): void {
  // Whoever wants to know has a promise of their own.
}

/** Does what is worth an attempt only, and never rejects. */
export async function quietly(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch {
    // Nobody waits for it any more.
  }
}
