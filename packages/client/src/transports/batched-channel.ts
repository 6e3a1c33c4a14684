/** A channel on which messages may come in batches (spec: Message Batching). */
import { splitBatch } from '@wamp/protocol';
import { Channel } from './channel.ts';
import type { Subprotocol } from './subprotocol.ts';

/** A channel that speaks a subprotocol of either kind. */
export abstract class BatchedChannel extends Channel {
  readonly #batched: boolean;

  constructor({ serializer, batched }: Pick<Subprotocol, 'serializer' | 'batched'>) {
    super(serializer);
    this.#batched = batched;
  }

  /** What the router has sent as one: a message, or a batch of them. Of a broken batch, none counts. */
  protected override received(bytes: Uint8Array): void {
    if (!this.#batched) {
      super.received(bytes);
      return;
    }
    const frames = splitBatch(bytes, this.serializer);
    if (frames === undefined) this.violated('the batch is empty, or ends within a message');
    else for (const frame of frames) super.received(frame);
  }
}
