/** A hash table from numbers to values, for entries that are added and removed with every message. */
import type { Id } from '@wamp/protocol';
import { secret } from './hashing.ts';

/** The smallest number of slots; a power of two. */
const LEAST = 8;
/**
 * The largest number of slots of an empty table: 4 KiB. A smaller table keeps its slots, because a session whose calls are
 * all answered within a turn has as many in the next.
 */
const KEPT = 256;
/** Random secrets, so that no client can choose request ids that collide. */
const [SALT, HIGH] = [secret(), secret() | 1];
/** 2^32 divided by the golden ratio. */
const GOLDEN = 0x9e3779b1;
/** A block has 2^14 numbers. */
const BLOCK = 14;

/**
 * Open addressing with linear probing, in two arrays: numbers and values. A Map allocates a new table after a certain
 * number of insertions, and each old table references the next; for short-lived calls, that dominates the cost of
 * garbage collection.
 */
export class Numbered<T> {
  /** The number in each slot; 0 in one that is free. */
  #numbers: Id[] = free(LEAST);
  #things: (T | undefined)[] = empty(LEAST);
  /** By how many bits a mixed number is shifted to yield a slot. */
  #shift = shiftFor(LEAST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(number: Id): T | undefined {
    return this.#things[this.#find(number)];
  }

  /** Adds a value under a number that is not yet in use. */
  add(number: Id, thing: T): void {
    if (2 * this.#size >= this.#numbers.length) this.#resize(2 * this.#numbers.length);
    this.#put(number, thing);
    this.#size += 1;
  }

  delete(number: Id): void {
    const numbers = this.#numbers;
    let hole = this.#find(number);
    if (numbers[hole] === FREE) return;
    const last = numbers.length - 1;
    // Backward-shift deletion: entries after the hole move into it unless their home slot follows it.
    for (let at = (hole + 1) & last; numbers[at] !== FREE; at = (at + 1) & last) {
      const other = numbers[at] ?? FREE;
      if (((at - homeOf(other, this.#shift)) & last) < ((at - hole) & last)) continue;
      numbers[hole] = other;
      this.#things[hole] = this.#things[at];
      hole = at;
    }
    numbers[hole] = FREE;
    this.#things[hole] = undefined;
    this.#size -= 1;
    if (this.#size === 0 && numbers.length > KEPT) this.#resize(LEAST);
  }

  /** In no particular order. */
  values(): T[] {
    return this.#things.filter((thing) => thing !== undefined);
  }

  #put(number: Id, thing: T): void {
    const slot = this.#find(number);
    this.#numbers[slot] = number;
    this.#things[slot] = thing;
  }

  /** The slot of a number, or the free slot where it would be inserted. */
  #find(number: Id): number {
    const numbers = this.#numbers;
    const last = numbers.length - 1;
    let at = homeOf(number, this.#shift);
    while (numbers[at] !== number && numbers[at] !== FREE) at = (at + 1) & last;
    return at;
  }

  #resize(length: number): void {
    const [numbers, things] = [this.#numbers, this.#things];
    this.#numbers = free(length);
    this.#things = empty(length);
    this.#shift = shiftFor(length);
    things.forEach((thing, slot) => {
      if (thing !== undefined) this.#put(numbers[slot] ?? FREE, thing);
    });
  }
}

/**
 * The home slot of a number, in a table of 2^(32 - `shift`) slots. Fibonacci hashing spreads consecutive numbers, such as
 * request ids, evenly (Knuth, The Art of Computer Programming 3, 6.4), so that most searches end in their first slot. Each
 * block of numbers is displaced by a random distance, so that chosen numbers are no worse than random ones.
 */
export function homeOf(number: Id, shift: number): number {
  const high = number > 0xffffffff ? Math.imul(number / 2 ** 32, HIGH) : 0;
  const block = Math.imul(((number >>> BLOCK) + high) ^ SALT, 0x85ebca6b);
  const displaced = Math.imul(block ^ (block >>> 15), 0xc2b2ae35);
  return (Math.imul(number, GOLDEN) + displaced) >>> shift;
}

/** Marks a free slot: 0 is not an id. */
const FREE = 0;

function free(length: number): Id[] {
  return new Array<Id>(length).fill(FREE);
}

function empty<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}

/** The shift that leaves as many bits as a slot number has. */
function shiftFor(length: number): number {
  return Math.clz32(length) + 1;
}
