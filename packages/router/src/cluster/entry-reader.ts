/** EntryReader: reads the entries of a peer's stream, which arrives in messages that may begin and end inside an entry. */
import { lengthOfEntry, readEntry, type LinkEntry } from './wire.ts';

export interface EntryListener {
  /** The payload is lent. */
  received(entry: LinkEntry): void;
  /** Called for an entry that cannot be read. */
  failed(error: unknown): void;
}

export class EntryReader {
  readonly #listener: EntryListener;
  readonly #isOver: () => boolean;
  /** The beginning of an entry whose end is in a later message. */
  #partial: Buffer | undefined;
  #isBroken = false;

  /** @param isOver whether no further entry is to be delivered */
  constructor(listener: EntryListener, isOver: () => boolean) {
    this.#listener = listener;
    this.#isOver = isOver;
  }

  /** True from an impossible length on: it is unknown where the next entry begins. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Delivers the entries of a body. Only an entry that is split between messages is copied; others are read in place. */
  read(body: Uint8Array): void {
    if (this.#isBroken) return;
    const here = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const stream = this.#partial === undefined ? here : Buffer.concat([this.#partial, here]);
    this.#partial = undefined;
    let at = 0;
    for (let length; (length = this.#lengthAt(stream, at)) > 0; at += length) {
      this.#deliver(stream, at, length);
      if (this.#isOver()) return;
    }
    if (at < stream.length && !this.isBroken) this.#partial = Buffer.from(stream.subarray(at));
  }

  #lengthAt(stream: Buffer, at: number): number {
    try {
      return lengthOfEntry(stream, at);
    } catch (error) {
      this.#isBroken = true;
      this.#listener.failed(error);
      return 0;
    }
  }

  #deliver(stream: Buffer, at: number, length: number): void {
    let entry: LinkEntry;
    try {
      entry = readEntry(stream, at, length);
    } catch (error) {
      this.#listener.failed(error);
      return;
    }
    this.#listener.received(entry);
  }
}
