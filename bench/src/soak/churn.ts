/** Churn: begins visits at an even rate for a given time, while the residents exchange calls and events. */
import { sleep } from '../sleep.ts';
import { Residents, Tally, visit } from './visits.ts';

/** The maximum number of concurrent visits. If the machine is too slow for the rate, the report says so. */
const MOST_AT_A_TIME = 50;
/** How long the last visits may take (s). */
const PATIENCE = 60;
/** Troubles that are kept for the report. */
const MOST_TROUBLES = 10;

export class Churn {
  readonly tally: Tally = new Tally();
  readonly troubles: string[] = [];
  readonly #port: number;
  readonly #joinsPerSecond: number;
  /** The visits under way, and their numbers. */
  readonly #visits = new Map<Promise<void>, number>();
  #begun = 0;
  #postponed = 0;
  #over = false;

  constructor(port: number, joinsPerSecond: number) {
    this.#port = port;
    this.#joinsPerSecond = joinsPerSecond;
  }

  get begun(): number {
    return this.#begun;
  }

  /** Visits that were due and not begun. */
  get postponed(): number {
    return this.#postponed;
  }

  /** Runs until {@link end}; resolves when all visitors have left. @returns the number of rounds of the residents */
  async run(): Promise<number> {
    const residents = await Residents.move(this.#port);
    const rounds = this.#goRound(residents);
    const started = performance.now();
    while (!this.#over) {
      const due = Math.floor(((performance.now() - started) / 1000) * this.#joinsPerSecond);
      while (this.#begun + this.#postponed < due) this.#begin();
      await sleep(0.01);
    }
    await rounds;
    await this.#lastVisits();
    await residents.leave();
    return residents.rounds;
  }

  end(): void {
    this.#over = true;
  }

  /** Reports visitors that have not left in time, by their number, which determines what they did. */
  async #lastVisits(): Promise<void> {
    await Promise.race([Promise.all(this.#visits.keys()), sleep(PATIENCE)]);
    for (const number of this.#visits.values()) this.#trouble(`visit ${number} has not ended in time`);
  }

  #begin(): void {
    if (this.#visits.size >= MOST_AT_A_TIME) {
      this.#postponed += 1;
      return;
    }
    this.#begun += 1;
    const number = this.#begun;
    const one = visit(this.#port, number, this.tally)
      .catch((error: unknown) => this.#trouble(`visit ${number}: ${String(error)}`))
      .finally(() => this.#visits.delete(one));
    this.#visits.set(one, number);
  }

  async #goRound(residents: Residents): Promise<void> {
    while (!this.#over) {
      try {
        await residents.round();
      } catch (error) {
        this.#trouble(error);
        return;
      }
      await sleep(0.05);
    }
  }

  #trouble(error: unknown): void {
    if (this.troubles.length < MOST_TROUBLES) this.troubles.push(String(error));
  }
}
