/** Interface TransportFactory: how a client comes by a transport. */
import type { Serializer, Transport } from '@wamp/protocol';
import type { Clock } from '../clock.ts';

/** What the router may choose from, and when to give up. */
export interface OpenOptions {
  /** Best first; the transport speaks the one that the router picks. */
  readonly serializers: readonly Serializer[];
  /** Aborted when nobody waits for the transport any more. */
  readonly signal: AbortSignal;
  /** Default: the runtime's timers. */
  readonly clock?: Clock | undefined;
}

/** Opens transports of one kind, such as WebSockets. */
export interface TransportFactory {
  /** For messages, such as `websocket`. */
  readonly name: string;
  /** Resolves with an open transport; rejects, and leaves nothing open, when that fails or is aborted. */
  open(url: URL, options: OpenOptions): Promise<Transport>;
}
