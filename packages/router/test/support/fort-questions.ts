/** What a fort asks its router process, and what it is answered. */

/** Asks what the router holds; anything else asks for all of its health. */
export const HOLDINGS = 'what do you hold?';

/** What there is in the maps of the router, and its open connections. */
export type Holdings = Readonly<Record<string, number>>;

/** How the router is. */
export interface Health {
  readonly holds: Holdings;
  /** Steps of all look-ups of subscriptions so far. */
  readonly visits: number;
  /** The heap without garbage, and what hangs on it (bytes). */
  readonly heap: number;
  readonly rss: number;
  /** The most memory that the process ever had (bytes). */
  readonly peak: number;
  /** Messages that were dropped, by type. */
  readonly dropped: Readonly<Record<string, number>>;
  /** What the router takes for its own faults. */
  readonly faults: readonly string[];
}
