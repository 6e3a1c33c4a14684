/** Interface Transport: an ordered channel of whole messages, over any connection. */
import type { Serializer } from './serializer.ts';

/** Receives what arrives on a transport. */
export interface TransportListener {
  /**
   * One encoded message. The bytes may be a view of a buffer that the transport reuses: copy them to keep them
   * after this call. Text arrives as UTF-8 bytes, which the transport need not have checked.
   */
  frame(bytes: Uint8Array): void;
  /** The same for a string. Without this method, `frame` is called with its UTF-8 bytes. */
  text?(text: string): void;
  /** A whole batch of messages, under the same terms. Without this method, `frame` gets each (spec: Message Batching). */
  batch?(bytes: Uint8Array): void;
  /**
   * The transport has dropped a frame above its limit. Without this method, such a frame is a violation.
   * @param head its first bytes
   * @param length of the whole frame, in bytes
   */
  oversized?(head: Uint8Array, length: number): void;
  /**
   * Something arrived that is not a frame of this channel, such as text on a binary one.
   * @param failure `oversize` for the beginning of a frame above the limit
   */
  violation(what: string, failure?: TransportFailure): void;
  /**
   * `backlog` has fallen: a listener that holds messages back can send them now. A transport with a backlog above
   * 128 KiB calls this at the latest when it has sent everything.
   */
  drained?(): void;
  /** Something other than a message shows that the peer is alive, such as a Pong. */
  alive?(): void;
  /**
   * The channel has closed. Called once, as the last method.
   * @param by the side that closed it: `self` when this side did on its own initiative, for example because the peer was
   *   silent; `peer`, the default, in all other cases
   */
  closed(reason: string, by?: ClosedBy): void;
}

/**
 * An open channel between two peers (spec: Building Blocks, Transports). A listener is set before
 * the first frame can arrive; frames go out in the order of `send`. No method throws: a failing
 * channel ends in `closed`.
 */
export interface Transport {
  /** The serializer that both sides agreed on. It decides whether frames are text or binary. */
  readonly serializer: Serializer;
  /** Bytes given to `send` that have not left this process yet. */
  readonly backlog: number;
  /** The longest frame that the peer accepts, in bytes; undefined when it has not announced a limit. */
  readonly limit?: number;
  /** The longest frame that this side accepts from a joined peer, in bytes; undefined without a limit. */
  readonly acceptable?: number | undefined;
  listener: TransportListener | undefined;
  /**
   * The channel binding data of this connection, which only its two ends know (RFC 5056): `tls-unique` and
   * `tls-server-end-point` of RFC 5929, `tls-exporter` of RFC 9266; undefined when the connection has no such type.
   */
  channelBinding?(type: string): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Sends one encoded message of at most `limit` bytes. Does nothing once the channel is closing. */
  send(frame: Uint8Array<ArrayBuffer>): void;
  /** The same for a string; only on channels that accept strings. */
  sendText?(text: string): void;
  /**
   * Checks whether the peer is still there without sending it a message, by a Ping for example. `alive` reports the answer.
   * @returns false when it cannot do so on this channel; channels that never can lack this method
   */
  probe?(): boolean;
  /**
   * Accepts frames of at most `size` bytes from now on, and none above its own limit: a longer one is a violation as soon
   * as its length is known. Channels that learn the length with the whole frame lack this method.
   * @param discardUpTo frames above `size` and up to this length are dropped and reported by `oversized`, in bytes;
   *   0 by default. Some channels cannot do that.
   */
  acceptUpTo?(size: number, discardUpTo?: number): void;
  /** Stops reading from the peer until `resume`. The listener still gets what was read before. */
  pause?(): void;
  resume?(): void;
  /**
   * Sends what is queued, then closes the channel.
   * @param failure the fault of the peer, if any: `protocol` (WebSocket 1002), `oversize` (1009), `silent` (4000)
   */
  close(failure?: TransportFailure): void;
}

/** The side that closed a channel. */
export type ClosedBy = 'peer' | 'self';

/** Faults of a peer for which a transport may have a code of its own. */
export type TransportFailure = 'protocol' | 'oversize' | 'silent';
