/** The registration meta API: what is registered, by whom, and how that changes (spec: Registration Meta API). */
import { ApplicationError, ErrorUri, isReserved, type Dict } from '@wamp/protocol';
import type { Feature, Realm } from '../core/realm.ts';
import type { Registration } from '../core/registration.ts';
import type { Session } from '../core/session.ts';
import { idArgument, optionalText, textArgument } from './arguments.ts';
import { createdAt, listByPolicy, lookup } from './pattern-meta.ts';

export const registrationMeta: Feature = {
  announces: { dealer: ['registration_meta_api'] },
  install(realm) {
    publishChanges(realm);
    const { registrations } = realm.dealer;
    realm.procedure('wamp.registration.list', () => [
      listByPolicy(registrations, ({ procedure }) => procedure),
    ]);
    realm.procedure('wamp.registration.lookup', ({ args }) => [lookup(registrations, args[0], args[1])]);
    realm.procedure('wamp.registration.match', ({ args }) => {
      const best = realm.dealer.serving(textArgument(args[0], 'procedure'));
      return [best === undefined || isReserved(best.procedure) ? null : best.id];
    });
    realm.procedure('wamp.registration.get', ({ args }) => [describe(find(realm, args[0]))]);
    realm.procedure('wamp.registration.list_callees', ({ args }) => [calleesOf(find(realm, args[0]))]);
    realm.procedure('wamp.registration.count_callees', ({ args }) => [find(realm, args[0]).callees.length]);
    realm.procedure('wamp.registration.remove_callee', ({ args: [id, callee, why], kwargs }) => {
      const registration = find(realm, id);
      const session = realm.sessions.get(idArgument(callee, 'callee'));
      const reason = optionalText(why ?? kwargs['reason'], 'reason');
      if (session === undefined || !realm.dealer.revoke(registration, session, reason)) {
        throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
      }
      return [];
    });
  },
};

/** META-4: on_create before on_register, on_unregister before on_delete; of `wamp.*` nobody hears (T-40). */
function publishChanges(realm: Realm): void {
  const { dealer } = realm;
  const tell =
    (event: string, what: (registration: Registration) => unknown) =>
    (session: Session, registration: Registration): void => {
      if (isReserved(registration.procedure)) return;
      realm.publish(`wamp.registration.${event}`, [session.id, what(registration)]);
    };
  const idOf = ({ id }: Registration): number => id;
  dealer.created.on(tell('on_create', describe));
  dealer.registered.on(tell('on_register', idOf));
  dealer.unregistered.on(tell('on_unregister', idOf));
  dealer.deleted.on(tell('on_delete', idOf));
}

function find(realm: Realm, id: unknown): Registration {
  const registration = realm.dealer.byId(idArgument(id, 'registration'));
  if (registration === undefined || isReserved(registration.procedure)) {
    throw new ApplicationError(ErrorUri.NO_SUCH_REGISTRATION);
  }
  return registration;
}

function describe(registration: Registration): Dict {
  const { id, procedure, match, invoke } = registration;
  return { id, created: createdAt(registration), uri: procedure, match, invoke };
}

function calleesOf({ callees }: Registration): readonly number[] {
  return callees.map(({ session }) => session.id);
}
