/** Letters: events on their way to a target, and the dead ones that never arrived, both bounded in bytes. */

/** An event in the form in which it is sent. */
export interface Letter {
  /** The id of the publication. */
  readonly id: string;
  readonly topic: string;
  /** The body of the request. */
  readonly body: string;
}

/** A letter that was given up. */
export interface DeadLetter extends Letter {
  /** When it was given up (ms since the epoch). */
  readonly time: number;
  /** The number of attempts. */
  readonly attempts: number;
  /** The outcome of the last attempt. */
  readonly why: string;
}

/** The estimated memory of a letter in addition to its body (bytes). */
const ENVELOPE = 512;

/** A queue of letters with a limited size. */
export class Letters<L extends Letter> {
  readonly #limit: number;
  readonly #letters: L[] = [];
  #bytes = 0;

  /** @param limit the maximum size of all letters (bytes) */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#letters.length;
  }

  /** The oldest letter, which is not removed. */
  get first(): L | undefined {
    return this.#letters[0];
  }

  [Symbol.iterator](): Iterator<L> {
    return this.#letters.values();
  }

  /** @returns false when there is no room for it */
  add(letter: L): boolean {
    const weight = weightOf(letter);
    if (this.#bytes + weight > this.#limit) return false;
    this.#bytes += weight;
    this.#letters.push(letter);
    return true;
  }

  shift(): L | undefined {
    const letter = this.#letters.shift();
    if (letter !== undefined) this.#bytes -= weightOf(letter);
    return letter;
  }

  /** Makes room by removing the oldest ones. @returns how many letters were lost, the new one among them if it has no room at all */
  push(letter: L): number {
    let lost = 0;
    while (!this.add(letter)) {
      lost += 1;
      if (this.shift() === undefined) return lost;
    }
    return lost;
  }
}

function weightOf({ body, topic }: Letter): number {
  return ENVELOPE + 2 * (body.length + topic.length);
}
