/** A channel whose messages may be batched (spec: Message Batching). */
import { splitBatch } from '@wamp/protocol';
import { Channel } from './channel.ts';
import type { Subprotocol } from './subprotocol.ts';

/** A channel for subprotocols with and without batching. */
export abstract class BatchedChannel extends Channel {
  readonly #batched: boolean;

  constructor({ serializer, batched }: Pick<Subprotocol, 'serializer' | 'batched'>) {
    super(serializer);
    this.#batched = batched;
  }

  /** Receives a message or a batch. If a batch is malformed, none of its messages is processed. */
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
