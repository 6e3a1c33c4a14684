/** Interface Transport: an ordered channel that carries whole messages, whatever lies beneath. */
import type { Serializer } from './serializer.ts';

/** Who hears what arrives on a transport. */
export interface TransportListener {
  /**
   * One encoded message. The bytes may be a view of a buffer that the transport uses again:
   * whoever keeps them longer than this call makes a copy. Text arrives as bytes too, as UTF-8
   * that has not necessarily been checked.
   */
  frame(bytes: Uint8Array): void;
  /** A whole batch of messages, under the same terms, for whoever does not want them one by one (spec: Message Batching). */
  batch?(bytes: Uint8Array): void;
  /**
   * A frame was longer than the channel takes, and has been dropped as it came. Without this method, such a frame is a
   * violation.
   * @param head its first bytes
   * @param length of all of it, in bytes
   */
  oversized?(head: Uint8Array, length: number): void;
  /**
   * Something arrived that is no frame of this channel, such as text on a binary one.
   * @param failure `oversize` for the beginning of a frame that is longer than the channel takes
   */
  violation(what: string, failure?: TransportFailure): void;
  /**
   * `backlog` has fallen. A transport that has more than 128 KiB to send tells at the latest when all of it is
   * sent; whoever keeps messages back until then sends them now.
   */
  drained?(): void;
  /** The channel is gone, for the reason told; called once, and nothing follows it. */
  closed(reason: string): void;
}

/**
 * An open channel between two peers (spec: Building Blocks, Transports). A listener is set before
 * the first frame can arrive; frames go out in the order of `send`. No method throws: a failing
 * channel ends in `closed`.
 */
export interface Transport {
  /** What both sides agreed on; tells whether frames are text or binary, too. */
  readonly serializer: Serializer;
  /** Bytes given to `send` that have not left this process yet. */
  readonly backlog: number;
  /** The longest frame that the peer takes, in bytes; undefined when it has told none. */
  readonly limit?: number;
  /** The longest frame that this side takes of a joined peer, in bytes; undefined when there is no such limit. */
  readonly acceptable?: number | undefined;
  listener: TransportListener | undefined;
  /**
   * What only the two ends of this connection know, for authentication to be bound to it (RFC 5056): `tls-unique` and
   * `tls-server-end-point` of RFC 5929, `tls-exporter` of RFC 9266; undefined when there is none of the type.
   */
  channelBinding?(type: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Sends one encoded message, not above `limit`; does nothing once the channel is closing. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /**
   * Takes no frame above `size` bytes from now on, nor any above its own limit: a longer one is a violation as soon as
   * its length is known. Where it becomes known with the whole frame only, there is no such method.
   * @param discardUpTo the longest frame that is dropped and told as `oversized` instead, in bytes; 0 by default. Not
   *   all channels can do that.
   */
  acceptUpTo?(size: number, discardUpTo?: number): void;
  /** Reads nothing from the peer until `resume`; what was read before is heard still. */
  pause?(): void;
  resume?(): void;
  /**
   * Lets what was sent go out, then ends the channel.
   * @param failure why, when it is the peer's fault: `protocol` (WebSocket 1002), `oversize` (1009)
   */
  close(failure?: TransportFailure): void;
}

/** Faults of a peer that a transport can put into words of its own. */
export type TransportFailure = 'protocol' | 'oversize';
