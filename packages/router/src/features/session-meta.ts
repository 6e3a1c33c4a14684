/** The session meta API: lists, counts and kills sessions, and publishes joins and leaves (spec: Session Meta API). */
import {
  ApplicationError,
  CloseUri,
  ErrorUri,
  isUri,
  type Args,
  type Dict,
  type Kwargs,
  type Uri,
} from '@wamp/protocol';
import type { MetaCall } from '../core/meta-session.ts';
import type { Feature, Realm } from '../core/realm.ts';
import { malformedUri } from '../core/requests.ts';
import type { Departure, Session } from '../core/session.ts';
import { idArgument, optionalSet, optionalText, taking, textArgument } from './arguments.ts';
import { onceGone } from './killed-elsewhere.ts';
import { answerInTurns, asCount, asOneArgument, picked } from './long-answers.ts';

export const sessionMeta: Feature = {
  announces: { broker: ['session_meta_api'], dealer: ['session_meta_api'] },
  install(realm) {
    realm.joined.on((session) => {
      realm.publish('wamp.session.on_join', [describe(session)]);
    });
    realm.left.on(({ id, principal: { authid, authrole } }, { quiet = false }) => {
      if (!quiet) realm.publish('wamp.session.on_leave', [id, authid, authrole]);
    });
    // An event of this project. It is not sent to the slow session itself, which would have one more event to read.
    realm.fellBehind.on(({ id }, dropped) => {
      realm.publish('wamp.session.on_slow_consumer', [id, dropped], undefined, { exclude: [id] });
    });
    realm.procedure(
      'wamp.session.count',
      taking(FILTER, (call) => count(realm, call)),
    );
    realm.procedure(
      'wamp.session.list',
      taking(FILTER, ({ args }) => {
        const isSelected = selection(args);
        const ids = picked(realm.everyone.values(), (session) =>
          isSelected(session) ? session.id : undefined,
        );
        return answerInTurns(realm, asOneArgument(ids));
      }),
    );
    realm.procedure(
      'wamp.session.get',
      taking({ places: [SESSION] }, ({ args }) => [describe(find(realm, args[0]))]),
    );
    installKills(realm);
  },
};

const FILTER = { places: ['filter_authroles'] };
const SESSION = 'session_id';
const FAREWELL = ['reason', 'message'];

function count(realm: Realm, { args }: MetaCall): Args | Promise<Args> {
  if (args[0] === undefined || args[0] === null) return [realm.everyone.size];
  const isSelected = selection(args);
  return answerInTurns(
    realm,
    asCount(picked(realm.everyone.values(), (session) => isSelected(session) || undefined)),
  );
}

/** META-3: the session of the caller is never killed. */
function installKills(realm: Realm): void {
  realm.procedure(
    'wamp.session.kill',
    taking({ places: [SESSION], names: FAREWELL }, ({ args, kwargs, caller }) => {
      const { reason, message } = farewellOf(realm, kwargs);
      const session = find(realm, args[0]);
      if (session === caller) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
      session.end(reason, message);
      return onceGone(realm, [session], []);
    }),
  );
  realm.procedure(
    'wamp.session.kill_by_authid',
    taking({ places: ['authid'], names: FAREWELL }, (call) => {
      const authid = textArgument(call.args[0], 'authid');
      return kill(realm, call, ({ principal }) => principal.authid === authid, asIds);
    }),
  );
  realm.procedure(
    'wamp.session.kill_by_authrole',
    taking({ places: ['authrole'], names: FAREWELL }, (call) => {
      const authrole = textArgument(call.args[0], 'authrole');
      return kill(realm, call, ({ principal }) => principal.authrole === authrole, asNumber);
    }),
  );
  realm.procedure(
    'wamp.session.kill_all',
    taking({ names: FAREWELL }, (call) => kill(realm, call, () => true, asNumber, { quiet: true })),
  );
}

const asIds = (killed: readonly Session[]): Args => [killed.map(({ id }) => id)];
const asNumber = (killed: readonly Session[]): Args => [killed.length];

/**
 * Kills the matching sessions, one in each step, except the caller's own and those that join meanwhile.
 * @param told what is answered
 * @param departure quiet to suppress on_leave and testaments
 */
function kill(
  realm: Realm,
  { kwargs, caller }: MetaCall,
  isMeant: (session: Session) => boolean,
  told: (killed: readonly Session[]) => Args,
  departure: Departure = {},
): Args | Promise<Args> {
  const { reason, message } = farewellOf(realm, kwargs);
  const killed: Session[] = [];
  const steps = ending(
    realm,
    (session) => session !== caller && isMeant(session),
    (session) => {
      killed.push(session);
      session.end(reason, message, departure);
    },
  );
  function* answering(): Generator<void, Args> {
    yield* steps;
    return told(killed);
  }
  return onceGone(realm, killed, answerInTurns(realm, answering()));
}

function* ending(
  realm: Realm,
  isMeant: (session: Session) => boolean,
  end: (session: Session) => void,
): Generator<void, void> {
  // Selected first: sessions that join or leave because of these events do not matter.
  const meant = yield* picked(realm.everyone.values(), (session) => (isMeant(session) ? session : undefined));
  for (const session of meant) {
    end(session);
    yield;
  }
}

interface Farewell {
  readonly reason: Uri;
  readonly message: string | undefined;
}

function farewellOf({ uriRules }: Realm, kwargs: Kwargs): Farewell {
  const reason = kwargs['reason'] ?? CloseUri.KILLED;
  if (typeof reason !== 'string')
    throw new ApplicationError(ErrorUri.INVALID_URI, ['reason: expected a URI, in a string']);
  if (!isUri(reason, uriRules))
    throw new ApplicationError(ErrorUri.INVALID_URI, [`reason: ${malformedUri(reason, uriRules)}`]);
  return { reason, message: optionalText(kwargs['message'], 'message') };
}

/** What meta events and procedures tell of a session. */
export function describe({ id, principal, transport }: Session): Dict {
  const { authid, authrole, authmethod, authprovider } = principal;
  return { session: id, authid, authrole, authmethod, authprovider, transport };
}

/** Whether a session has one of the given roles; true without a list, false for an empty list (T-23). */
function selection([filter]: Args): (session: Session) => boolean {
  const roles = optionalSet(filter, 'filter_authroles');
  return roles === undefined ? () => true : ({ principal }) => roles.has(principal.authrole);
}

function find(realm: Realm, id: unknown): Session {
  const session = realm.everyone.get(idArgument(id, 'session'));
  if (session === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
  return session;
}
