/** Counts connections from the moment they are accepted, before their protocol is known. */
import type { Server, Socket } from 'node:net';
import type { ArrivingLine } from '../connection/arriving-memory.ts';
import type { Place } from '../connection/place.ts';
import type { Host } from '../host.ts';
import { beneath, lostShortcuts } from '../plain-socket.ts';
import { peerAddressOf } from './peer-address.ts';

/** The place of each connection by its TCP or Unix socket, for each router: one server may serve several. */
const placesOf = new WeakMap<Host, WeakMap<object, Place>>();

/** The memory for the messages of a connection. */
export function lineFor({ arriving }: Host, place: Place): ArrivingLine {
  return arriving.line(() => {
    place.crowded();
  });
}

/** Routers that have logged which shortcuts are unavailable. */
const told = new WeakSet<Host>();

/**
 * Counts the connections of a server with their router from now on, including silent ones and those with an incomplete
 * request.
 * @returns a function that stops it
 */
export function countConnections(router: Host, server: Server): () => void {
  const count = (socket: Socket): void => {
    if (!told.has(router)) tellShortcuts(router, socket);
    const places = placesFor(router);
    const key = beneath(socket);
    if (places.has(key)) return;
    const place = router.admission.accept(peerAddressOf(socket).address, () => socket.destroy());
    if (place === undefined) {
      // After all other listeners of this event, which expect an open socket.
      process.nextTick(() => socket.destroy());
      return;
    }
    places.set(key, place);
    socket.once('close', () => {
      place.gone();
    });
  };
  server.prependListener('connection', count);
  return () => {
    server.off('connection', count);
  };
}

/** The place of a connection; a new one if it was not counted when it was accepted. */
export function placeOf(router: Host, socket: Socket): Place {
  const places = placesFor(router);
  const known = places.get(beneath(socket));
  if (known !== undefined) return known;
  const place = router.admission.place(peerAddressOf(socket).address);
  places.set(beneath(socket), place);
  socket.once('close', () => {
    place.gone();
  });
  return place;
}

function placesFor(router: Host): WeakMap<object, Place> {
  const known = placesOf.get(router);
  if (known !== undefined) return known;
  const places = new WeakMap<object, Place>();
  placesOf.set(router, places);
  return places;
}

/** Logs which socket shortcuts are unavailable. Checks the first socket only, because all sockets are alike. */
function tellShortcuts(router: Host, socket: Socket): void {
  const found = lostShortcuts(socket);
  if (found === undefined) return;
  told.add(router);
  const { asked, reason, lost } = found;
  const facts = { code: 'socket_shortcuts_off', reason, lost } as const;
  if (lost.length > 0) router.log(asked ? 'info' : 'warn', 'socket shortcuts are off', facts);
}
