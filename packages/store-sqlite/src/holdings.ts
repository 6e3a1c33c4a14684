/** Counts the events and bytes of each log in the file, and selects the oldest for eviction. */
import type { Rule } from './disk.ts';
import type { Connection, Statement } from './driver.ts';

/** How many of the oldest events of a log are read at a time. */
const AHEAD = 256;

interface Oldest {
  readonly offset: number;
  readonly time: number;
  readonly withheld: boolean;
  readonly weight: number;
}

/** The content of one log. */
interface Holding {
  readonly rule: Rule;
  told: number;
  withheld: number;
  bytes: number;
  /** Events up to this offset are not returned any more. */
  dropped: number;
  /** Events up to this offset are deleted. */
  deleted: number;
  /** The oldest remaining events that were read, oldest first; `next` is the index of the first. */
  oldest: readonly Oldest[];
  next: number;
}

/** Counts each log once, when it is first needed, and updates the counts from then on. */
export class Holdings {
  readonly #rules = new Map<number, Rule>();
  readonly #holdings = new Map<number, Holding>();
  readonly #count: Statement;
  readonly #oldest: Statement;

  constructor(connection: Connection) {
    this.#count = connection.prepare(
      'SELECT withheld, COUNT(*) AS events, SUM(weight) AS bytes FROM event WHERE log = ? GROUP BY withheld',
    );
    this.#oldest = connection.prepare(
      `SELECT place, time, withheld, weight FROM event WHERE log = ? AND place > ? ORDER BY place LIMIT ${AHEAD}`,
    );
  }

  setRule(rule: Rule): void {
    this.#rules.set(rule.log, rule);
    this.#holdings.delete(rule.log);
  }

  /** Counts again from the file, because the last transaction was not written. */
  forget(): void {
    this.#holdings.clear();
  }

  /** Counts an inserted event. */
  added(log: number, weight: number, withheld: boolean): void {
    const holding = this.#holdings.get(log);
    if (holding === undefined) return; // counted when it is first needed
    holding.bytes += weight;
    if (withheld) holding.withheld += 1;
    else holding.told += 1;
  }

  /** The offset up to which events of a log are not returned any more. */
  droppedOf(log: number, now: number): number {
    const holding = this.#of(log);
    if (holding === undefined) return 0;
    this.#trimLog(holding, now);
    return holding.dropped;
  }

  /**
   * Drops events that exceed the limits of age, number or bytes. @returns the number evicted because of bytes, by
   * realm
   */
  trim(now: number): Record<string, number> {
    const evicted: Record<string, number> = {};
    const realms = new Map<string, Holding[]>();
    for (const { log, realm } of this.#rules.values()) {
      const holding = this.#of(log);
      if (holding === undefined) continue;
      this.#trimLog(holding, now);
      const others = realms.get(realm);
      if (others === undefined) realms.set(realm, [holding]);
      else others.push(holding);
    }
    for (const [realm, logs] of realms) {
      const count = this.#evict(logs);
      if (count > 0) evicted[realm] = count;
    }
    return evicted;
  }

  /** The logs from which events were dropped since the last call, with the offset. */
  *takeDropped(): Generator<{ readonly log: number; readonly dropped: number }, void> {
    for (const [log, holding] of this.#holdings) {
      if (holding.deleted === holding.dropped) continue;
      holding.deleted = holding.dropped;
      yield { log, dropped: holding.dropped };
    }
  }

  #of(log: number): Holding | undefined {
    const known = this.#holdings.get(log);
    const rule = this.#rules.get(log);
    if (known !== undefined || rule === undefined) return known;
    const none = { told: 0, withheld: 0, bytes: 0, dropped: 0, deleted: 0, oldest: [], next: 0 };
    const holding: Holding = { rule, ...none };
    for (const { withheld, events, bytes } of this.#count.all(log)) {
      if (withheld === 1) holding.withheld = Number(events);
      else holding.told = Number(events);
      holding.bytes += Number(bytes);
    }
    this.#holdings.set(log, holding);
    return holding;
  }

  /** As in the memory store: drops the oldest until number and age are within the limits. */
  #trimLog(holding: Holding, now: number): void {
    const { depth, age } = holding.rule;
    while (holding.told > depth || holding.withheld > depth) this.#drop(holding);
    if (age === Infinity) return;
    for (let oldest = this.#front(holding); oldest !== undefined; oldest = this.#front(holding)) {
      if (now - oldest.time <= age) return;
      this.#drop(holding);
    }
  }

  /** Drops the oldest events of all logs of a realm until its byte limit holds. */
  #evict(logs: readonly Holding[]): number {
    const limit = logs[0]?.rule.limit ?? Infinity;
    let [bytes, evicted] = [logs.reduce((sum, holding) => sum + holding.bytes, 0), 0];
    while (bytes > limit) {
      let first: Holding | undefined;
      let since = Infinity;
      for (const holding of logs) {
        const time = this.#front(holding)?.time ?? Infinity;
        if (time >= since) continue;
        [first, since] = [holding, time];
      }
      if (first === undefined) break;
      bytes -= this.#drop(first);
      evicted += 1;
    }
    return evicted;
  }

  /** Removes the oldest event. @returns its bytes */
  #drop(holding: Holding): number {
    const oldest = this.#front(holding);
    if (oldest === undefined) {
      Object.assign(holding, { told: 0, withheld: 0, bytes: 0 });
      return 0;
    }
    holding.next += 1;
    holding.dropped = oldest.offset;
    holding.bytes -= oldest.weight;
    if (oldest.withheld) holding.withheld -= 1;
    else holding.told -= 1;
    return oldest.weight;
  }

  #front(holding: Holding): Oldest | undefined {
    const known = holding.oldest[holding.next];
    if (known !== undefined || holding.told + holding.withheld === 0) return known;
    const rows = this.#oldest.all(holding.rule.log, holding.dropped);
    holding.next = 0;
    holding.oldest = rows.map(({ place, time, withheld, weight }) => ({
      offset: Number(place),
      time: Number(time),
      withheld: withheld === 1,
      weight: Number(weight),
    }));
    return holding.oldest[0];
  }
}
