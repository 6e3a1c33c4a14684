/** Subprotocols: a serializer, with or without batching, and their negotiation (SER-6). */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';

/** The default serializers. */
export const DEFAULT_SERIALIZERS: readonly Serializer[] = [json, msgpack, cbor];

export interface Subprotocol {
  /** Such as `wamp.2.json` or `wamp.2.json.batched`. */
  readonly name: string;
  readonly serializer: Serializer;
  readonly batched: boolean;
}

/** The subprotocols of each serializer, with and without batching. */
export function subprotocolsOf(serializers: readonly Serializer[]): readonly Subprotocol[] {
  return serializers.flatMap((serializer) => [
    { name: serializer.subprotocol, serializer, batched: false },
    { name: `${serializer.subprotocol}.batched`, serializer, batched: true },
  ]);
}

/** The first offered subprotocol that is supported, compared exactly (T-37). */
export function chooseSubprotocol(
  offered: Iterable<unknown>,
  spoken: readonly Subprotocol[],
): Subprotocol | undefined {
  for (const name of offered) {
    const found = spoken.find((subprotocol) => subprotocol.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
