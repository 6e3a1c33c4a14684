/** Sockets whose clients wait for a slot: reads only a little of them, in order to notice when they close. */
import type { Socket } from 'node:net';
import type { SlotListener, Place } from '../connection/place.ts';
import { nothing } from '../nothing.ts';

/** Once a waiting client has sent this many bytes, reading pauses. */
const MOST_EARLY = 1024;

/** Asks for a slot. The octets that the client sends meanwhile stay in the socket, where `entry` reads them. */
export function askFor(place: Place, socket: Socket, entry: SlotListener): void {
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

/** @returns a function that releases the socket, which flows on the next tick */
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
