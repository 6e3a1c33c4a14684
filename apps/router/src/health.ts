/** Health: whether the process is alive, and whether it is ready for clients. */
import { getHeapStatistics } from 'node:v8';
import type { Router } from '@wamp/router';

/** The fraction of a limit (kept bytes, heap) above which the router is not ready. */
const NEARLY_ALL = 0.95;

/** A reason not to send new clients here. */
export interface Unready {
  /** Such as `draining`; stable between versions. */
  readonly code: string;
  /** A description. */
  readonly why: string;
}

/** Explains why a component is not ready; undefined if it is. */
export type ReadinessCheck = () => Unready | undefined;

/** The state that load balancers query. */
export class Health {
  readonly #checks: ReadinessCheck[] = [];

  add(check: ReadinessCheck): void {
    this.#checks.push(check);
  }

  /** All reasons why it is not ready. */
  unready(): readonly Unready[] {
    return this.#checks.map((check) => check()).filter((reason) => reason !== undefined);
  }
}

/** Not ready when the kept bytes, or the heap, have nearly reached their limit. */
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
