/** Counts of messages by type, in each direction. */
import { MessageType } from '@wamp/protocol';

const LARGEST_TYPE = MessageType.EVENT_RECEIVED;
const NAMES: readonly (readonly [string, number])[] = Object.entries(MessageType);

/** One direction. */
export class Counts {
  readonly #byType = new Float64Array(LARGEST_TYPE + 1);

  add(type: MessageType): void {
    this.#byType[type] = (this.#byType[type] ?? 0) + 1;
  }

  of(type: MessageType): number {
    return this.#byType[type] ?? 0;
  }

  get total(): number {
    return this.#byType.reduce((sum, count) => sum + count, 0);
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
