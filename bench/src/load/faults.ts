/** Counts messages that did not arrive whole, once and in order. */

export type FaultKind = 'corrupt' | 'duplicate' | 'missing' | 'reordered' | 'unexpected';

export class Faults {
  readonly counts: Record<FaultKind, number> = {
    corrupt: 0,
    duplicate: 0,
    missing: 0,
    reordered: 0,
    unexpected: 0,
  };
  /** A description of the first fault. */
  first: string | undefined;

  get total(): number {
    return Object.values(this.counts).reduce((sum, count) => sum + count, 0);
  }

  note(kind: FaultKind, what: string, count = 1): void {
    this.counts[kind] += count;
    this.first ??= `${kind}: ${what}`;
  }

  /** Such as `3 missing, 1 duplicate (missing: …)`; empty when there are none. */
  toString(): string {
    const parts = Object.entries(this.counts).filter(([, count]) => count > 0);
    if (parts.length === 0) return '';
    return `${parts.map(([kind, count]) => `${count} ${kind}`).join(', ')} (${this.first ?? ''})`;
  }
}
