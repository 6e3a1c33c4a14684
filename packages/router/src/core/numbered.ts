/** Things found by a number of theirs, for what comes and goes with every message. */
import type { Id } from '@wamp/protocol';
import { secret } from './hashing.ts';

/** Slots, at the least; a power of two. */
const LEAST = 8;
/** Numbers that nobody knows, so that nobody can choose request ids that fall into the same slots. */
const [SALT, HIGH] = [secret(), secret() | 1];
/** 2^32 by the golden ratio. */
const GOLDEN = 0x9e3779b1;
/** Blocks have 2^14 numbers. */
const BLOCK = 14;

/**
 * A hash table whose entries lie in two lists, numbers and things, each in the slot that its number chooses or in the next
 * that is free. A Map makes a new table every so many entries, and each old one holds on to the next: with calls that come
 * and go, that is most of what the garbage collector has to do.
 */
export class Numbered<T> {
  /** The number in each slot; 0 in one that is free. */
  #numbers: Id[] = free(LEAST);
  #things: (T | undefined)[] = empty(LEAST);
  /** What a mixed number is shifted by to become a slot. */
  #shift = shiftFor(LEAST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How many slots in a row are taken, at the most: what a search may cost. Counted on request. */
  get longestRow(): number {
    const taken = this.#numbers.map((number) => (number === FREE ? ' ' : 'x')).join('');
    return Math.max(...taken.split(' ').map(({ length }) => length));
  }

  get(number: Id): T | undefined {
    return this.#things[this.#find(number)];
  }

  /** Adds a thing under a number that no other has. */
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
    // Who lies behind a hole that its own slot is before moves into it, so that it is found.
    for (let at = (hole + 1) & last; numbers[at] !== FREE; at = (at + 1) & last) {
      const other = numbers[at] ?? FREE;
      if (((at - this.#home(other)) & last) < ((at - hole) & last)) continue;
      numbers[hole] = other;
      this.#things[hole] = this.#things[at];
      hole = at;
    }
    numbers[hole] = FREE;
    this.#things[hole] = undefined;
    this.#size -= 1;
    if (this.#size === 0 && numbers.length > 8 * LEAST) this.#resize(LEAST);
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

  /** The slot of a number, or the free one that it would get. */
  #find(number: Id): number {
    const numbers = this.#numbers;
    const last = numbers.length - 1;
    let at = this.#home(number);
    while (numbers[at] !== number && numbers[at] !== FREE) at = (at + 1) & last;
    return at;
  }

  /**
   * The slot that a number belongs in. Numbers that follow each other, as request ids do, are spread evenly by the golden
   * ratio (Knuth, The Art of Computer Programming 3, 6.4), so that a search mostly ends where it starts. Each block of
   * numbers is displaced by a distance that nobody can foresee, so that chosen numbers are no worse than random ones.
   */
  #home(number: Id): number {
    const high = number > 0xffffffff ? Math.imul(number / 2 ** 32, HIGH) : 0;
    const block = Math.imul(((number >>> BLOCK) + high) ^ SALT, 0x85ebca6b);
    const displaced = Math.imul(block ^ (block >>> 15), 0xc2b2ae35);
    return (Math.imul(number, GOLDEN) + displaced) >>> this.#shift;
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

/** No id. */
const FREE = 0;

function free(length: number): Id[] {
  return new Array<Id>(length).fill(FREE);
}

function empty<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}

/** What is left of 32 bits is the number of a slot. */
function shiftFor(length: number): number {
  return Math.clz32(length) + 1;
}
