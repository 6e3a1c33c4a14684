/** Packed event: converts an event of a log to bytes and back, for stores that outlive the process. */
import { Payload, type Id, type PayloadCount, type PublishOptions, type Uri } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { audienceOf } from '../core/eligibility.ts';
import type { Origin, Publisher } from '../core/publication.ts';
import { remember } from '../core/remembered.ts';
import type { LoggedEvent } from './event-store.ts';

interface PackedEvent {
  readonly offset: number;
  readonly time: number;
  readonly withheld: boolean;
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly count: PayloadCount;
  readonly origin: Origin;
  readonly publisher?: Publisher;
  readonly trustlevel?: number;
}

/**
 * Packs an event as bytes (CBOR). The format may change with a major version of this package.
 * @throws SerializationFailure when CBOR cannot represent a value of the payload
 */
export function packEvent({ offset, time, withheld, publication }: LoggedEvent): Uint8Array {
  const { id, topic, options, payload, publisher, trustlevel, origin } = publication;
  const lists = (audienceOf(publication)?.lists ?? []).map(({ option, items }) => [option, [...items]]);
  const all: PublishOptions = { ...options, ...(Object.fromEntries(lists) as PublishOptions) };
  const packed: PackedEvent = {
    ...{ offset, time, withheld, id, topic, origin, count: payload.count },
    options: all,
    ...(publisher === undefined ? {} : { publisher }),
    ...(trustlevel === undefined ? {} : { trustlevel }),
  };
  const bytes = payload.count === 0 ? new Uint8Array() : payload.lend().as(cbor);
  return cbor.encodePayload([packed, bytes], {}, 1);
}

/** Unpacks an event that {@link packEvent} has packed; for other bytes, the result is undefined, or it throws. */
export function unpackEvent(bytes: Uint8Array): LoggedEvent {
  const [packed, payload] = cbor.decodePayload(bytes, 1).args as readonly [PackedEvent, Uint8Array];
  const { offset, time, withheld, count, ...publication } = packed;
  const kept = remember({ ...publication, payload: Payload.encoded(cbor, payload, count) });
  return { ...kept, offset, time, withheld };
}
