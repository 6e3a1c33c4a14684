/** The messages of a session that wait for the other nodes, or behind one that does. */
import type { MatchPolicy } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import type { PendingHoldings } from '../core/holdings.ts';

/** A waiting message. */
export interface HeldMessage {
  isReady: boolean;
  readonly weight: number;
  process(): void;
  /** Releases what the message has claimed or announced; called when the session leaves before `process`. */
  drop(): void;
}

/** Counts the REGISTERs, or the SUBSCRIBEs, of a session about which the other nodes were asked, and which are not decided. */
export class Undecided implements PendingHoldings {
  all = 0;
  patterns = 0;

  /** @returns a function to call when it is decided */
  add(match: MatchPolicy = 'exact'): () => void {
    const patterns = Number(match !== 'exact');
    this.all += 1;
    this.patterns += patterns;
    return () => {
      this.all -= 1;
      this.patterns -= patterns;
    };
  }
}

export class Queue extends Fifo<HeldMessage> {
  /** True while ready messages are processed. The same loop then processes those that become ready meanwhile. */
  isAdvancing = false;
  readonly registering: Undecided = new Undecided();
  readonly subscribing: Undecided = new Undecided();
}

/** Nothing else of the session is undecided that was sent before. */
export const NOTHING_BEFORE: PendingHoldings = { all: 0, patterns: 0 };
