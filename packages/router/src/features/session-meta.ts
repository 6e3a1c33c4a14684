/** The session meta API: who is in the realm, who comes and goes, and who is sent away (spec: Session Meta API). */
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
import type { Session } from '../core/session.ts';
import { idArgument, invalid, isListOfStrings, optionalText, textArgument } from './arguments.ts';

export const sessionMeta: Feature = {
  announces: { broker: ['session_meta_api'], dealer: ['session_meta_api'] },
  install(realm) {
    realm.joined.on((session) => {
      realm.publish('wamp.session.on_join', [describe(session)]);
    });
    realm.left.on(({ id, principal: { authid, authrole } }, quiet) => {
      if (!quiet) realm.publish('wamp.session.on_leave', [id, authid, authrole]);
    });
    // Ours. The session itself does not hear of it: it would have one more event to read.
    realm.fellBehind.on(({ id }, dropped) => {
      realm.publish('wamp.session.on_slow_consumer', [id, dropped], undefined, { exclude: [id] });
    });
    realm.procedure('wamp.session.count', ({ args }) => [selected(realm, args).length]);
    realm.procedure('wamp.session.list', ({ args }) => [selected(realm, args).map(({ id }) => id)]);
    realm.procedure('wamp.session.get', ({ args }) => [describe(find(realm, args[0]))]);
    installKills(realm);
  },
};

/** META-3: the caller's own session is never among those that end. */
function installKills(realm: Realm): void {
  realm.procedure('wamp.session.kill', ({ args, kwargs, caller }) => {
    const farewell = farewellOf(realm, kwargs);
    const session = find(realm, args[0]);
    if (session === caller) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
    end([session], farewell);
    return [];
  });
  realm.procedure('wamp.session.kill_by_authid', ({ args, kwargs, caller }) => {
    const authid = textArgument(args[0], 'authid');
    const sessions = others(realm, caller).filter(({ principal }) => principal.authid === authid);
    end(sessions, farewellOf(realm, kwargs));
    return [sessions.map(({ id }) => id)];
  });
  realm.procedure('wamp.session.kill_by_authrole', ({ args, kwargs, caller }) => {
    const authrole = textArgument(args[0], 'authrole');
    const sessions = others(realm, caller).filter(({ principal }) => principal.authrole === authrole);
    end(sessions, farewellOf(realm, kwargs));
    return [sessions.length];
  });
  realm.procedure('wamp.session.kill_all', (call) => killAll(realm, call));
}

function killAll(realm: Realm, { kwargs, caller }: MetaCall): Args {
  const sessions = others(realm, caller);
  const farewell = farewellOf(realm, kwargs);
  realm.quietly(() => {
    end(sessions, farewell);
  });
  return [sessions.length];
}

interface Farewell {
  readonly reason: Uri;
  readonly message: string | undefined;
}

function farewellOf({ uriRules }: Realm, kwargs: Kwargs): Farewell {
  const reason = kwargs['reason'] ?? CloseUri.KILLED;
  if (typeof reason !== 'string' || !isUri(reason, uriRules))
    throw new ApplicationError(ErrorUri.INVALID_URI);
  return { reason, message: optionalText(kwargs['message'], 'message') };
}

function end(sessions: readonly Session[], { reason, message }: Farewell): void {
  for (const session of sessions) session.end(reason, message);
}

function others(realm: Realm, caller: Session): readonly Session[] {
  return [...realm.sessions.values()].filter((session) => session !== caller);
}

function describe({ id, principal, transport }: Session): Dict {
  const { authid, authrole, authmethod, authprovider } = principal;
  return { session: id, authid, authrole, authmethod, authprovider, transport };
}

/** The sessions of some roles, or all; an empty list of roles selects none (T-23). */
function selected(realm: Realm, [roles]: Args): readonly Session[] {
  const all = [...realm.sessions.values()];
  if (roles === undefined || roles === null) return all;
  if (!isListOfStrings(roles)) throw invalid('filter_authroles: expected a list of strings');
  return all.filter(({ principal }) => roles.includes(principal.authrole));
}

function find(realm: Realm, id: unknown): Session {
  const session = realm.sessions.get(idArgument(id, 'session'));
  if (session === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
  return session;
}
