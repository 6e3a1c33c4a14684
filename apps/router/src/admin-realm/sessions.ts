/** Sessions of every realm: listed, described, and killed. */
import { ApplicationError, CloseUri, ErrorUri, isUri, type Dict } from '@wamp/protocol';
import type { LocalSession, Realm, Registration, Session, Subscription } from '@wamp/router';
import { z } from 'zod';
import { pageOf } from './page.ts';
import { id, invalid, MOST_ENTRIES, PAGED, procedure, type Procedure } from './procedure.ts';
import { realmCalled, type AdminSurroundings } from './surroundings.ts';

/** @param own the session that serves, which nobody kills by mistake */
export function sessionProcedures(
  around: AdminSurroundings,
  own: () => LocalSession | undefined,
): readonly Procedure[] {
  const realm = z.string();
  return [
    listing(around),
    procedure('session.get', { realm, session: id() }, (given) => {
      const within = realmCalled(around, given.realm);
      return detailsOf(within, sessionOf(within, given.session));
    }),
    procedure(
      'session.kill',
      {
        realm,
        session: id(),
        reason: z.string().default(CloseUri.KILLED),
        message: z.string().max(1000).optional(),
      },
      ({ session: number, reason, message, ...given }, { details }) => {
        const within = realmCalled(around, given.realm);
        const session = sessionOf(within, number);
        const isOwn = within === own()?.realm && (number === own()?.id || number === details.caller);
        if (isOwn) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
        if (!isUri(reason, within.uriRules)) throw invalid('reason: expected a URI');
        session.end(reason, message);
        return { session: number };
      },
    ),
  ];
}

function listing(around: AdminSurroundings): Procedure {
  const takes = {
    realm: z.string(),
    authid: z.string().optional(),
    authrole: z.string().optional(),
    transport: z.string().optional(),
    ...PAGED,
  };
  return procedure('session.list', takes, async ({ realm: name, authid, authrole, transport, ...part }) => {
    const realm = realmCalled(around, name);
    const isMeant = (session: Session): boolean => {
      const { principal } = session;
      return (
        (authid === undefined || principal.authid === authid) &&
        (authrole === undefined || principal.authrole === authrole) &&
        (transport === undefined || session.transport['type'] === transport)
      );
    };
    const { entries, next } = await pageOf(realm, realm.sessions.values(), part, isMeant);
    return { total: realm.sessions.size, sessions: entries.map((each) => lineOf(realm, each)), next };
  });
}

/** @throws ApplicationError `wamp.error.no_such_session` */
export function sessionOf(realm: Realm, number: number): Session {
  const session = realm.sessions.get(number);
  if (session === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
  return session;
}

/** A session in a list. */
function lineOf(realm: Realm, session: Session): Dict {
  const { authid, authrole, authmethod, authprovider } = session.principal;
  const { received = 0, receivedBytes = 0, sent = 0, sentBytes = 0 } = session.traffic ?? {};
  return {
    session: session.id,
    ...{ authid, authrole, authmethod, authprovider, transport: session.transport },
    subscriptions: realm.broker.heldBy(session).size,
    registrations: realm.dealer.heldBy(session).size,
    queue_bytes: session.queued ?? 0,
    traffic: { received, received_bytes: receivedBytes, sent, sent_bytes: sentBytes },
  };
}

/** All that the router knows of a session, as long as lists are no longer than a page. */
function detailsOf(realm: Realm, session: Session): Dict {
  const subscriptions = [...realm.broker.heldBy(session)].slice(0, MOST_ENTRIES);
  const registrations = [...realm.dealer.heldBy(session)].slice(0, MOST_ENTRIES);
  const line = lineOf(realm, session);
  return {
    ...line,
    features: session.features.toObject(),
    subscriptions: { total: line['subscriptions'], first: subscriptions.map(named) },
    registrations: { total: line['registrations'], first: registrations.map(named) },
  };
}

function named(held: Subscription | Registration): Dict {
  return { id: held.id, uri: 'topic' in held ? held.topic : held.procedure, match: held.match };
}
