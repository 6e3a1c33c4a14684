/** The events of a session, one by one, for who would rather iterate them. */
import { Queue } from './core/queue.ts';
import type { SessionEvents, SessionStatus } from './session-events.ts';

/** What tells of itself. */
interface Telling {
  on<E extends keyof SessionEvents>(type: E, listener: (event: SessionEvents[E]) => void): () => void;
}

const TYPES: readonly (keyof SessionEvents)[] = [
  'state',
  'open',
  'lost',
  'retry',
  'restored',
  'close',
  'error',
];
/** Of those that nobody has taken, the latest are kept. */
const MOST = 1_000;

/** Ends with the session. */
export function statusOf(session: Telling): AsyncIterableIterator<SessionStatus> {
  const events = new Queue<SessionStatus>({ max: MOST, overflow: 'drop-oldest' });
  const stops = TYPES.map((type) =>
    session.on(type, (event) => {
      // Each type comes with its own event.
      events.push({ type, event } as SessionStatus);
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
