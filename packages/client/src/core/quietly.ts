/** Ignores failures that are handled elsewhere; a comment at each use says where. */

/** For a promise whose failure its owner learns in another way. */
export function ignore(): void {
  // Interested code has a promise of its own.
}

/** Awaits a best-effort task, and never rejects. */
export async function quietly(work: () => unknown): Promise<void> {
  try {
    await work();
  } catch {
    // Best effort: the result is not needed.
  }
}
