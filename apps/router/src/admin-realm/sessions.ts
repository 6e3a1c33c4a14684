/** Sessions of every realm: listed, described, and killed. */
import { ApplicationError, CloseUri, ErrorUri, isUri, type Dict } from '@wamp/protocol';
import type { LocalSession, Realm, Registration, Session, Subscription } from '@wamp/router';
import { z } from 'zod';
import { id, invalid, MOST_ENTRIES, PAGED, procedure, type Procedure } from './procedure.ts';
import { partOf, type SortKey } from './sorted.ts';
import { realmCalled, type AdminSurroundings } from './surroundings.ts';

/** @param own the session of the admin realm itself, which cannot be killed by mistake */
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
    text: z.string().max(256).optional(),
    sort: z.enum(SORTS).optional(),
    descending: z.boolean().default(false),
    skip: z.int().min(0).default(0),
  };
  return procedure('session.list', takes, async ({ realm: name, after, limit, sort, ...given }) => {
    const realm = realmCalled(around, name);
    const keyOf = sort && ((session: Session): SortKey => KEYS[sort](session, realm));
    const { skip, descending } = given;
    const options = { after, limit, skip, descending, keyOf, isMeant: meant(given) };
    const { entries, ...rest } = await partOf(realm, realm.sessions.values(), options);
    return { total: realm.sessions.size, ...rest, sessions: entries.map((each) => lineOf(realm, each)) };
  });
}

/** The keys by which sessions can be sorted. */
const SORTS = [
  'session',
  'authid',
  'authrole',
  'joined',
  'subscriptions',
  'registrations',
  'received',
  'sent',
  'queue_bytes',
] as const;

const KEYS: Readonly<Record<(typeof SORTS)[number], (session: Session, realm: Realm) => SortKey>> = {
  session: ({ id: number }) => number,
  authid: ({ principal }) => principal.authid,
  authrole: ({ principal }) => principal.authrole,
  joined: ({ joined = 0 }) => joined,
  subscriptions: (session, { broker }) => broker.heldBy(session).size,
  registrations: (session, { dealer }) => dealer.heldBy(session).size,
  received: ({ traffic }) => traffic?.received ?? 0,
  sent: ({ traffic }) => traffic?.sent ?? 0,
  queue_bytes: ({ queued = 0 }) => queued,
};

/** Undefined for sessions of all roles. */
interface SessionFilter {
  readonly authid?: string | undefined;
  readonly authrole?: string | undefined;
  readonly transport?: string | undefined;
  /** A text that the id, the authid, the role, the method or the peer has to contain. */
  readonly text?: string | undefined;
}

function meant({ authid, authrole, transport, text }: SessionFilter): (session: Session) => boolean {
  const sought = text?.toLowerCase();
  return (session) => {
    const { principal } = session;
    return (
      (authid === undefined || principal.authid === authid) &&
      (authrole === undefined || principal.authrole === authrole) &&
      (transport === undefined || session.transport['type'] === transport) &&
      (sought === undefined || textsOf(session).some((each) => each.toLowerCase().includes(sought)))
    );
  };
}

function textsOf({ id: number, principal, transport }: Session): readonly string[] {
  const { authid, authrole, authmethod } = principal;
  const { type, peer } = transport;
  const told = [authid, authrole, authmethod, type, peer].filter((each) => typeof each === 'string');
  return [String(number), ...told];
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
    ...(session.joined === undefined ? {} : { joined: new Date(session.joined).toISOString() }),
    subscriptions: realm.broker.heldBy(session).size,
    registrations: realm.dealer.heldBy(session).size,
    queue_bytes: session.queued ?? 0,
    traffic: { received, received_bytes: receivedBytes, sent, sent_bytes: sentBytes },
  };
}

/** Everything that the router knows about a session; lists are cut to the length of a page. */
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
