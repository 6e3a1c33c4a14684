/** Sockets whose clients wait: little is read of them, so that those are noticed that go. */
import type { Socket } from 'node:net';
import type { Entry, Place } from '../connection/place.ts';
import { nothing } from '../nothing.ts';

/** Of a client that says more than this many bytes before its turn comes, nothing more is read. */
const MOST_EARLY = 1024;

/** Asks for a slot, and keeps what the client says meanwhile; whoever is told reads it from the socket. */
export function askFor(place: Place, socket: Socket, entry: Entry): void {
  let release: () => void = nothing;
  const waits = place.ask({
    begin() {
      release();
      entry.begin();
    },
    refuse() {
      release();
      entry.refuse();
    },
  });
  if (waits) release = hold(socket);
}

/** @returns what gives the socket back, which flows on the next tick */
function hold(socket: Socket): () => void {
  const early: Buffer[] = [];
  let size = 0;
  const hear = (chunk: Buffer): void => {
    early.push(chunk);
    size += chunk.length;
    if (size > MOST_EARLY) socket.pause();
  };
  const end = (): void => {
    socket.destroy();
  };
  socket.on('data', hear).once('end', end);
  socket.resume();
  return () => {
    socket.off('data', hear).off('end', end);
    socket.pause();
    if (size > 0) socket.unshift(Buffer.concat(early));
    socket.resume();
  };
}
