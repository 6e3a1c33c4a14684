/** Counts what hostile sessions have sent, and how the router has answered. */

/** The counts of one kind of attack. */
export interface KindTally {
  /** How often it was begun. */
  goes: number;
  messages: number;
  bytes: number;
  /** Sessions that the router ended meanwhile. */
  ended: number;
  /** ERRORs by URI. */
  readonly errors: Record<string, number>;
}

/** The counts of one process of hostile sessions; passed between processes as JSON. */
export interface HostileTally {
  readonly kinds: Record<string, KindTally>;
  /** Sessions that were opened. */
  sessions: number;
  /** Connections that did not become a session, by reason. */
  readonly refused: Record<string, number>;
  /** Sessions that the router ended, by reason: the URI of ABORT or GOODBYE, or how the connection ended. */
  readonly ended: Record<string, number>;
  /** Errors of the hostile programs themselves, which make the siege weaker. */
  readonly faults: string[];
}

const MOST_FAULTS = 10;

export function newTally(): HostileTally {
  return { kinds: {}, sessions: 0, refused: {}, ended: {}, faults: [] };
}

export function newKindTally(): KindTally {
  return { goes: 0, messages: 0, bytes: 0, ended: 0, errors: {} };
}

export function kindOf(tally: HostileTally, kind: string): KindTally {
  return (tally.kinds[kind] ??= newKindTally());
}

export function count(counts: Record<string, number>, what: string, by = 1): void {
  counts[what] = (counts[what] ?? 0) + by;
}

export function fault(tally: HostileTally, what: string): void {
  if (tally.faults.length < MOST_FAULTS) tally.faults.push(what);
}

/** Adds up what several processes have counted. */
export function sumOf(tallies: readonly HostileTally[]): HostileTally {
  const sum = newTally();
  for (const tally of tallies) {
    sum.sessions += tally.sessions;
    for (const [what, times] of Object.entries(tally.refused)) count(sum.refused, what, times);
    for (const [what, times] of Object.entries(tally.ended)) count(sum.ended, what, times);
    for (const what of tally.faults) fault(sum, what);
    for (const [name, kind] of Object.entries(tally.kinds)) {
      const all = kindOf(sum, name);
      all.goes += kind.goes;
      all.messages += kind.messages;
      all.bytes += kind.bytes;
      all.ended += kind.ended;
      for (const [uri, times] of Object.entries(kind.errors)) count(all.errors, uri, times);
    }
  }
  return sum;
}
