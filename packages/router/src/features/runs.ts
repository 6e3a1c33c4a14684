/** The runs of nodes that have published to the logs of a realm, and up to which number each log here has their events. */
import type { Id } from '@wamp/protocol';
import { newCounter, type LogCounter, type SharedLog } from './shared-log.ts';

/** The most runs that have ended and are remembered. */
const MOST_ENDED = 100;
/** By how much the clocks of two nodes may differ (ms). */
const SKEW = 60_000;

export interface LogRun {
  /**
   * `linked`: what it publishes arrives here, or it is this node. `ended`: it has left, and how much it has published is known.
   * `lost`: it is dead, or only others have told of it, and it may have published more than anybody knows.
   */
  state: 'linked' | 'ended' | 'lost';
  /** The epochs of its logs. */
  epochs: readonly Id[];
  readonly counters: readonly LogCounter[];
  /** By log, whether the number is known with which its events begin to arrive here. */
  readonly isBegun: boolean[];
  /** When it ended (ms since the epoch). */
  endedAt: number;
  /** The nodes that have not said yet what they have of it, after it ended. */
  readonly awaited: Set<string>;
  /** The nodes that have said so. */
  readonly heardFrom: Set<string>;
  /** The nodes to which this node has said so. */
  readonly toldTo: Set<string>;
  /** What others have said of it, while it is linked. */
  readonly rumoured: number[];
  isRumouredEnd: boolean;
}

/**
 * What one node tells another of a run: its name, whether its end is known, the epochs of its logs, the last numbers, and when it ended
 * (ms since the epoch; 0 while it is linked).
 */
export type ToldRun = readonly [
  run: string,
  isEnded: boolean,
  epochs: readonly Id[],
  lasts: readonly number[],
  endedAt?: number,
];

export class Runs implements Iterable<[string, LogRun]> {
  /** When the last of those ended that are no longer remembered (ms since the epoch). */
  prunedUntil = 0;
  readonly #logs: readonly SharedLog[];
  readonly #now: () => number;
  readonly #runs = new Map<string, LogRun>();
  #self: string | undefined;

  constructor(logs: readonly SharedLog[], now: () => number) {
    this.#logs = logs;
    this.#now = now;
  }

  get(run: string): LogRun | undefined {
    return this.#runs.get(run);
  }

  [Symbol.iterator](): MapIterator<[string, LogRun]> {
    return this.#runs[Symbol.iterator]();
  }

  /** Whether all nodes with a link have said how much they had published before it began. */
  get areKnown(): boolean {
    for (const { state, isBegun } of this.#runs.values())
      if (state === 'linked' && isBegun.includes(false)) return false;
    return true;
  }

  /** The current run of this node. */
  own(name: string): LogRun {
    const known = this.#runs.get(name);
    if (name === this.#self && known !== undefined) return known;
    const before = this.#self === undefined ? undefined : this.#runs.get(this.#self);
    // This node has all that it has published itself.
    if (before !== undefined) this.#end(before, 'ended');
    this.#self = name;
    const run = known ?? this.#add(name);
    run.state = 'linked';
    run.epochs = this.#logs.map(({ events }) => events.epoch);
    run.isBegun.fill(true);
    return run;
  }

  /** A link to another node begins. */
  met(name: string): void {
    const run = this.#runs.get(name) ?? this.#add(name);
    run.state = 'linked';
    run.isBegun.fill(false);
    for (const names of [run.awaited, run.heardFrom, run.toldTo]) names.clear();
    run.rumoured.fill(0);
    run.isRumouredEnd = false;
  }

  /** The events of a run begin to arrive here after this number, unless they have begun before; or some were lost on the way. */
  begin(run: LogRun, index: number, before: number): void {
    const counter = run.counters[index];
    if (counter === undefined) return;
    const isBegun = run.isBegun[index] === true;
    run.isBegun[index] = true;
    if (before > counter.last) this.#raise(index, counter, before);
    else if (!isBegun && before < counter.last) {
      // Others have told of events that are still under way to this node.
      counter.last = counter.sent = counter.floor = before;
    }
  }

  /** What a run says of itself, on its link. @param isEnd when it publishes no more */
  stated(name: string, lasts: readonly number[], isEnd: boolean): void {
    const run = this.#runs.get(name);
    if (run === undefined) return;
    lasts.forEach((last, index) => {
      this.begin(run, index, last);
    });
    if (isEnd) this.#end(run, 'ended');
  }

  /** What another node tells of all runs when a link begins. @param own its own run */
  heard(own: string, prunedUntil: number, all: readonly ToldRun[]): void {
    this.prunedUntil = Math.max(this.prunedUntil, prunedUntil);
    for (const told of all) {
      const [name, , epochs, lasts] = told;
      if (name === own) {
        const run = this.#runs.get(name);
        if (run !== undefined) run.epochs = epochs;
        this.stated(name, lasts, false);
      } else if (this.#runs.get(name)?.state !== 'linked') this.#learn(name, told);
    }
  }

  /** What another node has of a run that has ended. */
  heardOfLost(from: string, told: ToldRun): void {
    const [name, isEnded, , lasts] = told;
    if (name === this.#self) return;
    const run = this.#runs.get(name) ?? this.#add(name);
    run.heardFrom.add(from);
    run.awaited.delete(from);
    if (run.state === 'linked') {
      // What that node has may still be under way to this one.
      run.counters.forEach((_, index) => {
        run.rumoured[index] = Math.max(run.rumoured[index] ?? 0, lasts[index] ?? 0);
      });
      run.isRumouredEnd ||= isEnded;
    } else this.#learn(name, told);
  }

  /** A link has ended. */
  lost(name: string): void {
    for (const run of this.#runs.values()) run.awaited.delete(name);
    const run = this.#runs.get(name);
    if (run === undefined) return;
    if (run.state === 'ended') return;
    this.#end(run, 'lost');
    this.#learn(name, [name, run.isRumouredEnd, run.epochs, run.rumoured]);
    for (const other of this.linked())
      if (run.state === 'lost' && !run.heardFrom.has(other)) run.awaited.add(other);
  }

  /** The other nodes with a link. */
  linked(): readonly string[] {
    return [...this.#runs].flatMap(([name, { state }]) =>
      state === 'linked' && name !== this.#self ? [name] : [],
    );
  }

  /** What to tell another node of all runs. */
  told(): readonly ToldRun[] {
    return [...this.#runs].map(([name, run]) => this.toldOf(name, run));
  }

  toldOf(name: string, { state, epochs, counters, endedAt }: LogRun): ToldRun {
    const lasts = counters.map(({ last }) => last);
    return [name, state === 'ended', epochs, lasts, state === 'linked' ? 0 : endedAt];
  }

  /** What a subscriber has, now: the number of each run that is not over since long. */
  seen(numberOf: (name: string, run: LogRun) => number): Record<string, number> {
    const now = this.#now();
    const all: Record<string, number> = { '': now };
    for (const [name, run] of this.#runs) {
      const number = numberOf(name, run);
      if (number > 0 && !this.#isOld(run, now - SKEW)) all[name] = number;
    }
    return all;
  }

  /** Whether a subscriber has an event, or was not to get it. @param seen what it has been told that it has */
  hasSeen([name, number]: readonly [string, number], seen: Readonly<Record<string, number>>): boolean {
    const listed = seen[name];
    if (listed !== undefined) return number <= listed;
    return number === 0 || this.#isOld(this.#runs.get(name), seen[''] ?? 0);
  }

  /** Whether a log has all events that a subscriber has not seen, so far as this node knows. */
  cover(index: number, seen: Readonly<Record<string, number>>): boolean {
    const toldAt = seen[''] ?? 0;
    if (this.prunedUntil > 0 && toldAt < this.prunedUntil + SKEW) return false;
    for (const [name, run] of this.#runs) {
      const { floor } = run.counters[index] ?? newCounter();
      if (run.awaited.size > 0 || !this.hasSeen([name, floor], seen)) return false;
    }
    return Object.keys(seen).every((name) => name === '' || this.#runs.has(name));
  }

  /**
   * Whether a run was over so long before a time that a subscriber which was told then what it has, has all events of it. Its node has not
   * listed such a run, and may have forgotten it, as this node has if it does not know the run.
   */
  #isOld(run: LogRun | undefined, time: number): boolean {
    if (run?.state === 'linked') return false;
    return (run?.endedAt ?? this.prunedUntil) + SKEW < time;
  }

  #learn(name: string, [, isEnded, epochs, lasts, endedAt = 0]: ToldRun): void {
    const run = this.#runs.get(name) ?? this.#add(name);
    // Another node may have known of its end for long.
    if (endedAt > 0) run.endedAt = Math.min(run.endedAt, endedAt);
    if (run.epochs.length === 0) run.epochs = epochs;
    run.counters.forEach((counter, index) => {
      const last = lasts[index] ?? 0;
      if (last > counter.last) this.#raise(index, counter, last);
    });
    if (isEnded && run.state === 'lost') this.#end(run, 'ended', run.endedAt);
  }

  /** Notes that events up to a number are not in a log, and never will be. */
  #raise(index: number, counter: LogCounter, upTo: number): void {
    counter.last = counter.floor = upTo;
    if (counter.pending === 0) counter.sent = upTo;
    this.#logs[index]?.skip();
  }

  #end(run: LogRun, state: 'ended' | 'lost', at = this.#now()): void {
    run.state = state;
    run.endedAt = at;
    if (state === 'ended') run.awaited.clear();
    this.#prune();
  }

  #add(name: string): LogRun {
    const run: LogRun = {
      state: 'lost',
      epochs: [],
      counters: this.#logs.map(newCounter),
      isBegun: this.#logs.map(() => false),
      endedAt: this.#now(),
      awaited: new Set(),
      heardFrom: new Set(),
      toldTo: new Set(),
      rumoured: this.#logs.map(() => 0),
      isRumouredEnd: false,
    };
    this.#runs.set(name, run);
    this.#prune();
    return run;
  }

  #prune(): void {
    const ended = [...this.#runs].filter(([, { state }]) => state !== 'linked');
    if (ended.length <= MOST_ENDED) return;
    const [oldest] = ended.sort(([, one], [, other]) => one.endedAt - other.endedAt);
    if (oldest === undefined) return;
    this.prunedUntil = Math.max(this.prunedUntil, oldest[1].endedAt);
    this.#runs.delete(oldest[0]);
  }
}
