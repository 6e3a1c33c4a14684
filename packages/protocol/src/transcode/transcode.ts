/** Converts payloads from one serializer to another without creating values in between. */
import type { PayloadCodec, PayloadCount } from '../payload.ts';
import { CborSink } from './cbor-sink.ts';
import { CborSource } from './cbor-source.ts';
import { JsonSink } from './json-sink.ts';
import { JsonSource } from './json-source.ts';
import { MsgpackSink } from './msgpack-sink.ts';
import { MsgpackSource } from './msgpack-source.ts';
import type { Sink } from './sink.ts';

interface Source {
  next(): void;
}

/** Room for values that are longer in the other format, before more memory is needed. */
const MORE = 64;

const sinks: Partial<Record<string, Sink>> = {
  json: new JsonSink(),
  msgpack: new MsgpackSink(),
  cbor: new CborSink(),
};

function sourceOf(name: string, bytes: Uint8Array, sink: Sink): Source | undefined {
  switch (name) {
    case 'json':
      return new JsonSource(bytes, sink);
    case 'msgpack':
      return new MsgpackSource(bytes, sink);
    case 'cbor':
      return new CborSource(bytes, sink);
    default:
      return undefined;
  }
}

/**
 * The payload of `count` elements in the encoding of `to`; `from` has checked its bytes. Of several entries of a dict with the
 * same key, the last value is kept, at the place of the first.
 * @returns undefined when one of the two serializers is unknown
 * @throws SerializationFailure when `to` cannot encode one of the values
 */
export function transcode(
  from: PayloadCodec,
  bytes: Uint8Array,
  count: PayloadCount,
  to: PayloadCodec,
): Uint8Array<ArrayBuffer> | undefined {
  const sink = from.name === to.name ? undefined : sinks[to.name];
  const source = sink === undefined ? undefined : sourceOf(from.name, bytes, sink);
  if (sink === undefined || source === undefined) return undefined;
  if (count === 0) return new Uint8Array(0);
  sink.begin(bytes.length + MORE);
  try {
    for (let index = 0; index < count; index += 1) source.next();
    return sink.copy();
  } finally {
    sink.release();
  }
}
