/** The end of a connection: behind what was written, and in time. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';

/** How long a peer may take to close (ms). */
const CLOSE_TIMEOUT = 5000;

/** Cuts a peer off that has not closed in time. */
export function awaitClose(socket: Duplex, clock: Clock): void {
  // Unless it is read on, the end of the peer's side would go unnoticed.
  socket.resume();
  if (socket.destroyed) return;
  const dismiss = clock.after(CLOSE_TIMEOUT, () => socket.destroy());
  socket.on('close', dismiss);
}

/** Ends our side behind what was written; a peer that does not do the same in time is cut off. */
export function hangUp(socket: Duplex, clock: Clock): void {
  socket.end();
  awaitClose(socket, clock);
}
