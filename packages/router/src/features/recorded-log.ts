/** Recorded log: assigns offsets to the events of one subscription, and appends them to a store. */
import { Payload } from '@wamp/protocol';
import type { Publication } from '../core/publication.ts';
import type { Realm } from '../core/realm.ts';
import { remember } from '../core/remembered.ts';
import type { Recorder } from '../core/subscription.ts';
import type { EventLog, LoggedEvent } from '../stores/event-store.ts';

export class RecordedLog implements Recorder {
  isSending = false;
  /** The log in the store. */
  readonly events: EventLog;
  readonly #realm: Realm;
  /** The offset of the last event; 0 when there was none. */
  #offset: number;

  constructor(realm: Realm, events: EventLog) {
    this.#realm = realm;
    this.events = events;
    this.#offset = events.offset;
  }

  /** The offset of the last event; 0 when there was none. */
  get offset(): number {
    return this.#offset;
  }

  record(publication: Publication): number {
    this.#offset += 1;
    try {
      const written = this.events.append(this.#logged(publication));
      if (written instanceof Promise) written.catch((error: unknown) => this.#realm.failed.emit(error));
    } catch (error) {
      this.#realm.failed.emit(error);
    }
    return this.#offset;
  }

  #logged(publication: Publication): LoggedEvent {
    const withheld = namesSessions(publication);
    const kept = remember(withheld ? { ...publication, payload: Payload.none } : publication);
    // Lent, so that its transcoded forms for other serializers are stored with the publication, and not in the log.
    const payload = kept.publication.payload.lend();
    return {
      offset: this.#offset,
      time: this.#realm.clock.now(),
      withheld,
      weight: kept.weight,
      publication: { ...kept.publication, payload },
    };
  }
}

/** HIST-7: an event for certain sessions only is not for any later reader. */
function namesSessions({ options }: Publication): boolean {
  return options.eligible !== undefined || options.exclude !== undefined;
}
