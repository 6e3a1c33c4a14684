/** Things found by a number of theirs, for what comes and goes with every message. */
import type { Id } from '@wamp/protocol';

/** Slots, at the least; a power of two. */
const LEAST = 8;
/** Odd numbers that nobody knows, one for each half, so that nobody can choose numbers that fall into the same slots. */
const [LOW, HIGH] = [secret(), secret()];

/**
 * A hash table whose entries lie in one list, each in the slot that its number chooses or in the next that is free. A Map
 * makes a new table every so many entries, and each old one holds on to the next: with calls that come and go, that is
 * most of what the garbage collector has to do.
 */
export class Numbered<T> {
  readonly #numberOf: (thing: T) => Id;
  #slots: (T | undefined)[] = empty(LEAST);
  /** What a mixed number is shifted by to become a slot. */
  #shift = shiftFor(LEAST);
  #size = 0;

  constructor(numberOf: (thing: T) => Id) {
    this.#numberOf = numberOf;
  }

  get size(): number {
    return this.#size;
  }

  get(number: Id): T | undefined {
    return this.#slots[this.#find(number)];
  }

  /** Adds what has a number that no other has. */
  add(thing: T): void {
    if (2 * this.#size >= this.#slots.length) this.#resize(2 * this.#slots.length);
    this.#slots[this.#find(this.#numberOf(thing))] = thing;
    this.#size += 1;
  }

  delete(number: Id): void {
    const slots = this.#slots;
    let hole = this.#find(number);
    if (slots[hole] === undefined) return;
    const last = slots.length - 1;
    // Who lies behind a hole that its own slot is before moves into it, so that it is found.
    for (let at = (hole + 1) & last; slots[at] !== undefined; at = (at + 1) & last) {
      const thing = slots[at];
      if (thing === undefined || ((at - this.#home(this.#numberOf(thing))) & last) < ((at - hole) & last))
        continue;
      slots[hole] = thing;
      hole = at;
    }
    slots[hole] = undefined;
    this.#size -= 1;
    if (this.#size === 0 && slots.length > 8 * LEAST) this.#resize(LEAST);
  }

  /** In no particular order. */
  values(): T[] {
    return this.#slots.filter((thing) => thing !== undefined);
  }

  /** The slot of a number, or the free one that it would get. */
  #find(number: Id): number {
    const slots = this.#slots;
    const last = slots.length - 1;
    let at = this.#home(number);
    for (;;) {
      const thing = slots[at];
      if (thing === undefined || this.#numberOf(thing) === number) return at;
      at = (at + 1) & last;
    }
  }

  #home(number: Id): number {
    return (Math.imul(number, LOW) + Math.imul(number / 2 ** 32, HIGH)) >>> this.#shift;
  }

  #resize(length: number): void {
    const things = this.values();
    this.#slots = empty(length);
    this.#shift = shiftFor(length);
    for (const thing of things) this.#slots[this.#find(this.#numberOf(thing))] = thing;
  }
}

function secret(): number {
  return Math.floor(Math.random() * 2 ** 32) | 1;
}

function empty<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}

/** What is left of 32 bits is the number of a slot. */
function shiftFor(length: number): number {
  return Math.clz32(length) + 1;
}
