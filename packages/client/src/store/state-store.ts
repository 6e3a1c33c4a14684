/** The state of a session as a store. */
import type { SessionState } from '../session-events.ts';
import type { Session } from '../session.ts';
import { Shared } from './shared.ts';
import type { Store } from './store.ts';

const stores = new Shared<Store<SessionState>>();

/**
 * The state of a session.
 *
 * @example stateStore(session).subscribe((state) => { lamp.className = state; });
 */
export function stateStore(session: Pick<Session, 'untyped'>): Store<SessionState> {
  return stores.of(session, '', () => {
    const { untyped } = session;
    return {
      get: () => untyped.state,
      subscribe(run) {
        const stop = untyped.on('state', run);
        run(untyped.state);
        return stop;
      },
    };
  });
}
