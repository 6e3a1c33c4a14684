/** Interface TransportFactory: opens the transport of a client. */
import type { Serializer, Transport } from '@wamp/protocol';
import type { Clock } from '../clock.ts';

/** Options for opening a transport. */
export interface OpenOptions {
  /** Serializers in order of preference; the transport uses the one that the router chooses. */
  readonly serializers: readonly Serializer[];
  /** Aborted when the transport is not needed any more. */
  readonly signal: AbortSignal;
  /** Default: the runtime's timers. */
  readonly clock?: Clock | undefined;
}

/** Opens transports of one kind, such as WebSockets. */
export interface TransportFactory {
  /** The name for messages, such as `websocket`. */
  readonly name: string;
  /**
   * Whether the client loads all its code before it opens the first session. By default it loads the code for subscriptions and
   * registrations when it is first needed, which takes a moment that tests in memory do not wait for.
   */
  readonly eager?: boolean | undefined;
  /** Resolves with an open transport; if it fails or is aborted, it rejects and leaves nothing open. */
  open(url: URL, options: OpenOptions): Promise<Transport>;
}
