/** Counts of messages by type, in each direction. */
import { MessageType } from '@wamp/protocol';

const LARGEST_TYPE = MessageType.EVENT_RECEIVED;
const NAMES: readonly (readonly [string, number])[] = Object.entries(MessageType);

/** Counts by message type, in one direction. */
export interface ReadonlyCounts {
  /** The number of messages of all types. */
  readonly total: number;
  of(type: MessageType): number;
  /** The types that occurred: name, number of messages, and their bytes. */
  entries(): readonly { readonly type: string; readonly count: number; readonly bytes: number }[];
  /** The number of messages by the name of their type, for the types that occurred. */
  toObject(): Record<string, number>;
}

export class Counts implements ReadonlyCounts {
  /** The number of messages of each type, followed by their bytes: side by side, because both change with a message. */
  readonly #byType = new Float64Array(2 * (LARGEST_TYPE + 1));

  /** Counts a message. @param bytes its length; 0 for one that has none, or whose length is counted by {@link weigh} */
  add(type: MessageType, bytes = 0): void {
    const at = 2 * type;
    this.#byType[at] = (this.#byType[at] ?? 0) + 1;
    this.#byType[at + 1] = (this.#byType[at + 1] ?? 0) + bytes;
  }

  /** Adds the length of a message (bytes) that is counted by {@link add}. */
  weigh(type: MessageType, bytes: number): void {
    const at = 2 * type + 1;
    this.#byType[at] = (this.#byType[at] ?? 0) + bytes;
  }

  of(type: number): number {
    return this.#byType[2 * type] ?? 0;
  }

  get total(): number {
    return this.#byType.reduce((sum, count, at) => (at % 2 === 0 ? sum + count : sum), 0);
  }

  entries(): { readonly type: string; readonly count: number; readonly bytes: number }[] {
    return NAMES.map(([name, type]) => ({
      type: name,
      count: this.of(type),
      bytes: this.#byType[2 * type + 1] ?? 0,
    })).filter(({ count }) => count > 0);
  }

  toObject(): Record<string, number> {
    const counted = NAMES.map(([name, type]) => [name, this.of(type)] as const);
    return Object.fromEntries(counted.filter(([, count]) => count > 0));
  }
}

/** The messages that the sessions of a realm have sent and received. */
export interface ReadonlyTraffic {
  readonly received: ReadonlyCounts;
  readonly sent: ReadonlyCounts;
  /** Messages that were dropped instead of being sent. */
  readonly dropped: ReadonlyCounts;
  /** Requests that were not authorized. */
  readonly denied: ReadonlyCounts;
}

export class Traffic implements ReadonlyTraffic {
  readonly received: Counts = new Counts();
  readonly sent: Counts = new Counts();
  readonly dropped: Counts = new Counts();
  readonly denied: Counts = new Counts();
}
