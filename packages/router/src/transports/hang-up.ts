/** Ends a connection after what was written, and destroys it if the peer does not close in time. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';

/** Time for the peer to close (ms). */
const CLOSE_TIMEOUT = 5000;

/** Destroys a socket whose peer does not close in time. */
export function awaitClose(socket: Duplex, clock: Clock): void {
  // Without reading on, the end of the peer's side would go unnoticed.
  socket.resume();
  if (socket.destroyed) return;
  const dismiss = clock.after(CLOSE_TIMEOUT, () => socket.destroy());
  socket.on('close', dismiss);
}

/** Ends this side after what was written, and destroys the socket if the peer does not end its side in time. */
export function hangUp(socket: Duplex, clock: Clock): void {
  socket.end();
  awaitClose(socket, clock);
}
