/** Watched: passes the messages of a session through its watchers, such as tails of the admin realm, while there are any. */
import type { Message } from '@wamp/protocol';
import type { Watcher } from '../core/session.ts';
import type { Outlet } from '../output/outlet.ts';
import type { Entrance } from './entrance.ts';

/** The methods of the entrance that the connection calls. */
export type WatchedEntrance = Pick<Entrance, 'receive' | 'oversized' | 'close'>;

/** The entrance and the outlet of one session, which show each message to the watchers while there are any. */
export class Watched {
  readonly #watchers = new Set<Watcher>();
  readonly #plain: { readonly entrance: WatchedEntrance; readonly outlet: Outlet };
  readonly #seen: { readonly entrance: WatchedEntrance; readonly outlet: Outlet };

  constructor(entrance: WatchedEntrance, outlet: Outlet) {
    const show: Watcher = (direction, message) => {
      for (const watcher of [...this.#watchers]) watcher(direction, message);
    };
    this.#plain = { entrance, outlet };
    this.#seen = { entrance: seenEntry(entrance, show), outlet: seenOutlet(outlet, show) };
  }

  get entrance(): WatchedEntrance {
    return this.#way.entrance;
  }

  get outlet(): Outlet {
    return this.#way.outlet;
  }

  /** @returns a function that removes the watcher */
  add(watcher: Watcher): () => void {
    const own: Watcher = (direction, message) => {
      watcher(direction, message);
    };
    this.#watchers.add(own);
    return () => {
      this.#watchers.delete(own);
    };
  }

  get #way(): { readonly entrance: WatchedEntrance; readonly outlet: Outlet } {
    return this.#watchers.size === 0 ? this.#plain : this.#seen;
  }
}

function seenEntry(entrance: WatchedEntrance, show: Watcher): WatchedEntrance {
  return {
    receive: (message: Message) => {
      show('received', message);
      entrance.receive(message);
    },
    oversized: (message, fault) => {
      entrance.oversized(message, fault);
    },
    close: () => {
      entrance.close();
    },
  };
}

function seenOutlet(outlet: Outlet, show: Watcher): Outlet {
  return {
    limit: outlet.limit,
    encode: (message: Message) => {
      show('sent', message);
      return outlet.encode(message);
    },
    send: () => {
      outlet.send();
    },
    keep: () => outlet.keep(),
  };
}
