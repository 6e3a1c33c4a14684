/** Counts of messages by type, in each direction. */
import { MessageType } from '@wamp/protocol';

const LARGEST_TYPE = MessageType.EVENT_RECEIVED;
const NAMES: readonly (readonly [string, number])[] = Object.entries(MessageType);

/** One direction. */
export class Counts {
  readonly #byType = new Float64Array(LARGEST_TYPE + 1);
  readonly #bytesByType = new Float64Array(LARGEST_TYPE + 1);

  add(type: MessageType): void {
    this.#byType[type] = (this.#byType[type] ?? 0) + 1;
  }

  /** Adds the length of a message (bytes), which {@link add} counts. */
  weigh(type: MessageType, bytes: number): void {
    this.#bytesByType[type] = (this.#bytesByType[type] ?? 0) + bytes;
  }

  of(type: MessageType): number {
    return this.#byType[type] ?? 0;
  }

  get total(): number {
    return this.#byType.reduce((sum, count) => sum + count, 0);
  }

  /** The types that occurred: their names, how many messages, and the bytes of these. */
  entries(): { readonly type: string; readonly count: number; readonly bytes: number }[] {
    return NAMES.map(([name, type]) => ({
      type: name,
      count: this.#byType[type] ?? 0,
      bytes: this.#bytesByType[type] ?? 0,
    })).filter(({ count }) => count > 0);
  }

  /** The types that occurred, by name. */
  toObject(): Record<string, number> {
    const counted = NAMES.map(([name, type]) => [name, this.#byType[type] ?? 0] as const);
    return Object.fromEntries(counted.filter(([, count]) => count > 0));
  }
}

/** What a realm's sessions have sent to it and received from it. */
export class Traffic {
  readonly received: Counts = new Counts();
  readonly sent: Counts = new Counts();
  /** Meant for a session, and never sent to it. */
  readonly dropped: Counts = new Counts();
  /** Requests that were not permitted. */
  readonly denied: Counts = new Counts();
}
