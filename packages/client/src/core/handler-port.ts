/** What handlers of events and invocations need of their session. */
import type { Message } from '@wamp/protocol';
import type { Clock } from '../clock.ts';
import type { Gate } from './gate.ts';

/** What handlers need of their session. */
export interface HandlerPort {
  /** @throws SerializationFailure or SerializationError if it cannot be serialized; then nothing was sent */
  send(message: Message): void;
  /** Resolves when there is room to send more; undefined if there is room now. */
  room(): Promise<void> | undefined;
  /** Reports an exception that no promise of the application rejects with. */
  report(thrown: unknown): void;
  readonly clock: Clock;
  /** Limits how many handlers run at the same time. */
  readonly gate: (Class: typeof Gate) => Gate;
  /** Ends the connection after a protocol violation. */
  violated(error: Error): void;
  /** Whether the caller receives the message of an exception. */
  readonly exposeErrors: boolean;
  /** How many handlers run at the same time. */
  readonly maxHandlers: number;
}
