/** Ends the sessions of a realm that a new configuration does not permit. */
import type { Realm, Router, Session } from '@wamp/router';
import { bearsName, type RealmConfiguration } from './config/realms.ts';
import { placedRealms, type Configuration } from './config/schema.ts';
import { whyLeave, whyLeaveOther } from './departures.ts';
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
  end(log, router.realm(name), ({ principal }) => whyLeave(principal, before, realm));
}

/** Ends the sessions in realms that the authenticators of their log-in may no longer name. */
export function sendAwayOthers(
  { router, log }: { readonly router: Router; readonly log: ProgramLog },
  configuration: Configuration,
): void {
  const realms = [...placedRealms(configuration).map(({ realm }) => realm), ...configuration.realmTemplates];
  for (const joined of [...router.realms()]) {
    end(log, joined, ({ principal }) => {
      const { loginRealm } = principal;
      if (loginRealm === undefined) return undefined;
      const home = realms.find((realm) => bearsName(realm, loginRealm));
      return whyLeaveOther(principal, joined.name, home);
    });
  }
}

/** Ends the sessions of a realm for which there is a reason. */
function end(log: ProgramLog, realm: Realm | undefined, reasonFor: (session: Session) => string | undefined) {
  for (const session of [...(realm?.sessions.values() ?? [])]) {
    const why = reasonFor(session);
    if (why === undefined) continue;
    session.end(RECONFIGURED, why);
    const { authid, authrole } = session.principal;
    const who = { realm: realm?.name, session: session.id, authid, authrole };
    log('info', 'session ended by a reload', { code: 'session_ended_by_reload', ...who, why });
  }
}
