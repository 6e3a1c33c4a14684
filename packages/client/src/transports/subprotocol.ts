/** What is offered to the router: serializers, with messages one by one or in batches (SER-6). */
import type { Serializer } from '@wamp/protocol';

/** One way to speak, of which the router picks. */
export interface Subprotocol {
  /** Such as `wamp.2.json` or `wamp.2.json.batched`. */
  readonly name: string;
  readonly serializer: Serializer;
  readonly batched: boolean;
}

/** All ways to speak, best first; `batched` says which kind is better (T-34). */
export function subprotocolsOf(serializers: readonly Serializer[], batched: boolean): Subprotocol[] {
  return [batched, !batched].flatMap((inBatches) =>
    serializers.map((serializer) => ({
      name: serializer.subprotocol + (inBatches ? '.batched' : ''),
      serializer,
      batched: inBatches,
    })),
  );
}
