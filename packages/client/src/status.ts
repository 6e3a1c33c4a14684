/** The events of a session as an async iterable. */
import { Queue } from './core/queue.ts';
import type { SessionEvents, SessionStatus } from './session-events.ts';

/** A source of session events. */
interface Telling {
  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void;
}

const TYPES: readonly SessionStatus['type'][] = [
  'state',
  'open',
  'lost',
  'retry',
  'restored',
  'close',
  'error',
];
/** Of the events that are not taken, the latest are kept. */
const MOST = 1_000;

/** Ends with the session. */
export function statusOf(session: Telling): AsyncIterableIterator<SessionStatus> {
  const events = new Queue<SessionStatus>({ max: MOST, overflow: 'drop-oldest' });
  const stops = TYPES.map((type) =>
    session.on(type, (event) => {
      // The listener of each type receives the event of that type.
      events.push({ type, event } as SessionStatus, 0);
      if (type === 'close') leave();
    }),
  );
  const leave = (): void => {
    events.end();
    for (const stop of stops) stop();
  };
  const iterator = events.iterator(leave);
  return {
    next: () => iterator.next(),
    return: () => leftEarly(iterator),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function leftEarly(
  iterator: AsyncIterator<SessionStatus, undefined>,
): Promise<IteratorResult<SessionStatus>> {
  await iterator.return?.();
  return { done: true, value: undefined };
}
