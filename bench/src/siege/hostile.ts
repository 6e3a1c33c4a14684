/** A hostile session: connects, attacks in randomly chosen ways, leaves or is ended, and connects again. */
import { sleep } from '../sleep.ts';
import { KINDS, speechesFor } from './kinds/index.ts';
import { Link, type Place } from './link.ts';
import { Random } from './random.ts';
import { count, fault, kindOf, type HostileTally } from './tally.ts';

/** The settings of all hostile sessions. */
export interface Orders {
  readonly place: Place;
  readonly seed: number;
  /** The kinds to pick from. */
  readonly kinds: readonly string[];
  /** See `Hostile.scale`. */
  readonly scale: number;
}

/** The number of attacks of one session before it leaves by itself. */
const MOST_GOES = 4;
/** The pause between a refusal or the end of a session and the next connection (s). */
const BREATH = 0.1;

export class HostileSession {
  readonly #orders: Orders;
  readonly #number: number;
  readonly #random: Random;
  readonly #tally: HostileTally;
  #link: Link | undefined;
  #over = false;

  /** @param number among all hostile sessions; with the seed it says what this one does */
  constructor(orders: Orders, number: number, tally: HostileTally) {
    this.#orders = orders;
    this.#number = number;
    this.#random = new Random(orders.seed * 7919 + number);
    this.#tally = tally;
  }

  /** Attacks until {@link end}. */
  async run(): Promise<void> {
    while (!this.#over) await this.#live();
  }

  end(): void {
    this.#over = true;
    this.#link?.leave();
  }

  /** Uses one connection until its end. */
  async #live(): Promise<void> {
    const kind = this.#random.pick(this.#orders.kinds);
    const link = await this.#join(kind);
    if (link === undefined) return;
    this.#link = link;
    const speeches = speechesFor(kind);
    const own = this.#orders.kinds.filter((other) =>
      speechesFor(other).every((speech) => speeches.includes(speech)),
    );
    await this.#attack(link, kind);
    for (let goes = this.#random.between(0, MOST_GOES - 1); goes > 0 && this.#mayGoOn(link); goes -= 1) {
      await this.#attack(link, this.#random.pick(own));
    }
    if (link.ended !== undefined) count(this.#tally.ended, link.ended);
    if (!link.isOver && this.#random.chance(0.5)) await link.sayGoodbye();
    link.leave();
    if (link.ended !== undefined) await sleep(BREATH);
  }

  #mayGoOn(link: Link): boolean {
    return !this.#over && !link.isOver;
  }

  async #join(kind: string): Promise<Link | undefined> {
    try {
      const speech = this.#random.pick(speechesFor(kind));
      const link = await Link.open(this.#orders.place, speech, kindOf(this.#tally, kind));
      this.#tally.sessions += 1;
      return link;
    } catch (error) {
      if (!this.#over) count(this.#tally.refused, error instanceof Error ? error.message : String(error));
      await sleep(BREATH);
      return undefined;
    }
  }

  async #attack(link: Link, kind: string): Promise<void> {
    const attack = KINDS[kind];
    if (attack === undefined) throw new Error(`there is no kind ${kind}`);
    link.tally = kindOf(this.#tally, kind);
    link.tally.goes += 1;
    const { scale } = this.#orders;
    try {
      await attack({ link, random: this.#random, number: this.#number, scale });
    } catch (error) {
      fault(
        this.#tally,
        `${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
}
