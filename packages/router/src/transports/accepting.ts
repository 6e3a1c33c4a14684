/** Connections from the moment in which they are accepted: each has a place, whatever it turns out to speak. */
import type { Server, Socket } from 'node:net';
import type { Place } from '../connection/place.ts';
import type { Host } from '../host.ts';
import { beneath, lostShortcuts } from '../plain-socket.ts';
import { peerAddressOf } from './peer-address.ts';

/** By router, for one server may serve several: the place of each connection, by its socket of TCP or Unix. */
const placesOf = new WeakMap<Host, WeakMap<object, Place>>();

/** Routers whose log says which shortcuts their sockets do without, if any. */
const told = new WeakSet<Host>();

/**
 * Counts the connections of a server with their router from now on: also those that say nothing, or not yet all of it.
 * @returns what ends that
 */
export function countConnections(router: Host, server: Server): () => void {
  const count = (socket: Socket): void => {
    if (!told.has(router)) tellShortcuts(router, socket);
    const places = placesFor(router);
    const key = beneath(socket);
    if (places.has(key)) return;
    const place = router.admission.accept(peerAddressOf(socket).address, () => socket.destroy());
    if (place === undefined) {
      // Not before all others have heard of it, which take it to be alive.
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

/** The place of a connection; a new one where nobody has seen it being accepted. */
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
  const places = placesOf.get(router) ?? new WeakMap<object, Place>();
  placesOf.set(router, places);
  return places;
}

/** Looks at one socket for all, for what Node offers does not differ from one to the next. */
function tellShortcuts(router: Host, socket: Socket): void {
  const found = lostShortcuts(socket);
  if (found === undefined) return;
  told.add(router);
  const { asked, reason, lost } = found;
  if (lost.length > 0) router.log(asked ? 'info' : 'warn', 'socket shortcuts are off', { reason, lost });
}
