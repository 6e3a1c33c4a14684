/** The subprotocols that are offered to the router: serializers, with or without batches (SER-6). */
import type { Serializer } from '@wamp/protocol';

/** One subprotocol. */
export interface Subprotocol {
  /** Such as `wamp.2.json` or `wamp.2.json.batched`. */
  readonly name: string;
  readonly serializer: Serializer;
  readonly batched: boolean;
}

/** All subprotocols in order of preference; `batched` tells which kind is preferred (T-34). */
export function subprotocolsOf(serializers: readonly Serializer[], batched: boolean): Subprotocol[] {
  return [batched, !batched].flatMap((inBatches) =>
    serializers.map((serializer) => ({
      name: serializer.subprotocol + (inBatches ? '.batched' : ''),
      serializer,
      batched: inBatches,
    })),
  );
}
