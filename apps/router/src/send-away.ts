/** Ends the sessions of a realm that a new configuration does not permit. */
import type { Router } from '@wamp/router';
import type { RealmConfiguration } from './config/realms.ts';
import { whyLeave } from './departures.ts';
import type { ProgramLog } from './log.ts';

/** The URI of the GOODBYE to sessions that a reload ends. */
const RECONFIGURED = 'wamp.close.reconfigured';

/** The configuration of a realm before and after a reload. */
interface Changed {
  readonly before: RealmConfiguration;
  readonly realm: RealmConfiguration;
}

/** Ends the sessions that the new configuration does not permit. */
export function sendAway(
  { router, log }: { readonly router: Router; readonly log: ProgramLog },
  name: string,
  { before, realm }: Changed,
): void {
  for (const session of [...(router.realm(name)?.sessions.values() ?? [])]) {
    const why = whyLeave(session.principal, before, realm);
    if (why === undefined) continue;
    session.end(RECONFIGURED, why);
    const { authid, authrole } = session.principal;
    const who = { realm: name, session: session.id, authid, authrole };
    log('info', 'session ended by a reload', { code: 'session_ended_by_reload', ...who, why });
  }
}
