/** Health: whether the process lives, and whether clients should be sent to it. */
import { getHeapStatistics } from 'node:v8';
import type { Router } from '@wamp/router';

/** Part of a limit (of kept bytes, of the heap) from which on no new clients should come. */
const NEARLY_ALL = 0.95;

/** Why no new clients should be sent here. */
export interface Unready {
  /** Such as `draining`; it does not change between versions. */
  readonly code: string;
  /** The same in words. */
  readonly why: string;
}

/** Says why something is not ready; nothing while it is. */
export type ReadinessCheck = () => Unready | undefined;

/** What load balancers ask. */
export class Health {
  readonly #checks: ReadinessCheck[] = [];

  add(check: ReadinessCheck): void {
    this.#checks.push(check);
  }

  /** Every reason not to send clients here; none when it is ready. */
  unready(): readonly Unready[] {
    return this.#checks.map((check) => check()).filter((reason) => reason !== undefined);
  }
}

/** Not ready when what the router keeps, or the heap, has nearly reached its limit. */
export function memoryCheck(
  { kept }: Pick<Router, 'kept'>,
  heap: () => { readonly used_heap_size: number; readonly heap_size_limit: number } = getHeapStatistics,
): ReadinessCheck {
  return () => {
    const { used, limit } = kept;
    if (used >= limit * NEARLY_ALL) {
      return { code: 'kept_bytes', why: `the router keeps ${used} bytes of ${limit} (limits.kept_size)` };
    }
    const { used_heap_size: heapUsed, heap_size_limit: heapLimit } = heap();
    if (heapUsed < heapLimit * NEARLY_ALL) return undefined;
    return { code: 'heap', why: `the heap takes ${heapUsed} bytes of ${heapLimit} (--max-old-space-size)` };
  };
}
