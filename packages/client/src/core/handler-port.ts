/** What the functions of the application, which handle events and invocations, need of their session. */
import type { Message } from '@wamp/protocol';
import type { Clock } from '../clock.ts';

/** What handlers need of their session. */
export interface HandlerPort {
  /** @throws SerializationFailure or SerializationError when it cannot be written; nothing has been sent then */
  send(message: Message): void;
  /** Resolves when there is room to send more; undefined when there is room now. */
  room(): Promise<void> | undefined;
  /** An exception that nobody else gets to see. */
  report(thrown: unknown): void;
  readonly clock: Clock;
  /** Whether the caller may read the message of an exception. */
  readonly exposeErrors: boolean;
  /** How many handlers run at once. */
  readonly maxHandlers: number;
}
