/** The session meta API: who is in the realm, who comes and who goes (spec: Session Meta API). */
import { ApplicationError, ErrorUri, isId, type Args, type Dict } from '@wamp/protocol';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';

export const sessionMeta: Feature = {
  announces: { broker: ['session_meta_api'], dealer: ['session_meta_api'] },
  install(realm) {
    realm.joined.on((session) => {
      realm.publish('wamp.session.on_join', [describe(session)]);
    });
    realm.left.on(({ id, principal: { authid, authrole } }) => {
      realm.publish('wamp.session.on_leave', [id, authid, authrole]);
    });
    realm.procedure('wamp.session.count', ({ args }) => [selected(realm, args).length]);
    realm.procedure('wamp.session.list', ({ args }) => [selected(realm, args).map(({ id }) => id)]);
    realm.procedure('wamp.session.get', ({ args }) => [describe(find(realm, args[0]))]);
  },
};

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

function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function find(realm: Realm, id: unknown): Session {
  if (!isId(id)) throw invalid('session: expected an id');
  const session = realm.sessions.get(id);
  if (session === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
  return session;
}

function invalid(explanation: string): ApplicationError {
  return new ApplicationError(ErrorUri.INVALID_ARGUMENT, [explanation]);
}
