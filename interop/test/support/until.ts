/** Waiting for a condition instead of for a while. */
import { vi } from 'vitest';

/** Resolves once `condition` holds; rejects when it does not for a time that no healthy machine needs. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitUntil(condition, { timeout: 290_000, interval: 5 });
}
