/** The three serializers, to run a test with each. */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';

export const SERIALIZERS: readonly Serializer[] = [json, msgpack, cbor];
export type SerializerName = 'json' | 'msgpack' | 'cbor';
export const SERIALIZER_NAMES: readonly SerializerName[] = ['json', 'msgpack', 'cbor'];
