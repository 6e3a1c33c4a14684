/** Counts of messages by type, in each direction. */
import { MessageType } from '@wamp/protocol';

const LARGEST_TYPE = MessageType.EVENT_RECEIVED;
const NAMES: readonly (readonly [string, number])[] = Object.entries(MessageType);

/** Counts by message type, in one direction. */
export interface ReadonlyCounts {
  /** Of all types together. */
  readonly total: number;
  of(type: MessageType): number;
  /** The types that occurred: name, number of messages, and their bytes. */
  entries(): readonly { readonly type: string; readonly count: number; readonly bytes: number }[];
  /** The number of messages by the name of their type, for the types that occurred. */
  toObject(): Record<string, number>;
}

export class Counts implements ReadonlyCounts {
  readonly #byType = new Float64Array(LARGEST_TYPE + 1);
  readonly #bytesByType = new Float64Array(LARGEST_TYPE + 1);

  add(type: MessageType): void {
    this.#byType[type] = (this.#byType[type] ?? 0) + 1;
  }

  /** Adds the length of a message (bytes) that was counted by {@link add}. */
  weigh(type: MessageType, bytes: number): void {
    this.#bytesByType[type] = (this.#bytesByType[type] ?? 0) + bytes;
  }

  of(type: MessageType): number {
    return this.#byType[type] ?? 0;
  }

  get total(): number {
    return this.#byType.reduce((sum, count) => sum + count, 0);
  }

  entries(): { readonly type: string; readonly count: number; readonly bytes: number }[] {
    return NAMES.map(([name, type]) => ({
      type: name,
      count: this.#byType[type] ?? 0,
      bytes: this.#bytesByType[type] ?? 0,
    })).filter(({ count }) => count > 0);
  }

  toObject(): Record<string, number> {
    const counted = NAMES.map(([name, type]) => [name, this.#byType[type] ?? 0] as const);
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
