/** Batched channels: sends all frames of a turn as one batch, and splits received batches (spec: Message Batching). */
import { BatchCursor, joinBatch, type Serializer, type TransportListener } from '@wamp/protocol';
import { MOST_PENDING, type FlushQueue } from '../output/flush-queue.ts';
import type { FrameSink } from '../output/outbox.ts';

/** Collects frames, and passes them to another sink as one batch. */
export class BatchSink implements FrameSink {
  readonly #sink: FrameSink;
  readonly #serializer: Serializer;
  readonly #queue: FlushQueue;
  #frames: Uint8Array[] = [];
  #bytes = 0;

  /** @param sink gets each batch as one frame */
  constructor(sink: FrameSink, serializer: Serializer, queue: FlushQueue) {
    this.#sink = sink;
    this.#serializer = serializer;
    this.#queue = queue;
  }

  get backlog(): number {
    return this.#bytes + this.#sink.backlog;
  }

  push(frame: Uint8Array): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#frames.length === 1) this.#queue.add(this);
    if (this.#bytes > MOST_PENDING) this.flush();
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return; // BAT-3: an empty batch is illegal
    this.#frames = [];
    this.#bytes = 0;
    this.#sink.push(joinBatch(frames, this.#serializer));
    this.#sink.flush();
  }
}

/** Passes on the messages of a batch; none of them if the batch is malformed. */
export function receiveBatch(
  batch: Uint8Array,
  serializer: Serializer,
  listener: TransportListener | undefined,
): void {
  if (listener?.batch !== undefined) {
    listener.batch(batch);
    return;
  }
  const cursor = BatchCursor.over(batch, serializer);
  if (cursor === undefined) {
    listener?.violation('the batch is empty, or ends within a message');
    return;
  }
  for (let frame = cursor.next(); frame !== undefined; frame = cursor.next()) listener?.frame(frame);
}
