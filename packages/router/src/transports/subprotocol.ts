/** What client and router agree on: a serializer, and whether messages travel in batches (SER-6). */
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';

/** What is spoken unless an application says otherwise. */
export const DEFAULT_SERIALIZERS: readonly Serializer[] = [json, msgpack, cbor];

export interface Subprotocol {
  /** Such as `wamp.2.json` or `wamp.2.json.batched`. */
  readonly name: string;
  readonly serializer: Serializer;
  readonly batched: boolean;
}

/** Every serializer, with batches and without. */
export function subprotocolsOf(serializers: readonly Serializer[]): readonly Subprotocol[] {
  return serializers.flatMap((serializer) => [
    { name: serializer.subprotocol, serializer, batched: false },
    { name: `${serializer.subprotocol}.batched`, serializer, batched: true },
  ]);
}

/** The first one offered that is spoken here, matched as a whole (T-37). */
export function choose(offered: Iterable<unknown>, spoken: readonly Subprotocol[]): Subprotocol | undefined {
  for (const name of offered) {
    const found = spoken.find((subprotocol) => subprotocol.name === name);
    if (found !== undefined) return found;
  }
  return undefined;
}
