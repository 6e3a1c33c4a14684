/** The registration meta API: registrations, their callees, and their changes (spec: Registration Meta API). */
import { ApplicationError, ErrorUri, isReserved, type Dict } from '@wamp/protocol';
import type { Feature, Realm } from '../core/realm.ts';
import type { Registration } from '../core/registration.ts';
import type { Session } from '../core/session.ts';
import { idArgument, optionalText, taking, textArgument } from './arguments.ts';
import { answerInTurns, asOneArgument, picked } from './long-answers.ts';
import { createdAt, listByPolicy, lookupPattern } from './pattern-meta.ts';

export const registrationMeta: Feature = {
  announces: { dealer: ['registration_meta_api'] },
  install(realm) {
    publishChanges(realm);
    const { registrations } = realm.dealer;
    realm.procedure(
      'wamp.registration.list',
      taking({}, () =>
        answerInTurns(
          realm,
          listByPolicy(registrations, ({ procedure }) => procedure),
        ),
      ),
    );
    realm.procedure(
      'wamp.registration.lookup',
      taking({ places: ['procedure', 'options'] }, ({ args }) => [
        lookupPattern(registrations, args[0], args[1]),
      ]),
    );
    realm.procedure(
      'wamp.registration.match',
      taking({ places: ['procedure'] }, ({ args }) => {
        const best = realm.dealer.serving(textArgument(args[0], 'procedure'));
        return [best === undefined || isReserved(best.procedure) ? null : best.id];
      }),
    );
    installInquiries(realm);
    realm.procedure(
      'wamp.registration.remove_callee',
      taking({ places: [REGISTRATION, 'callee_id', 'reason'] }, ({ args: [id, callee, why] }) => {
        const registration = find(realm, id);
        const session = realm.everyone.get(idArgument(callee, 'callee'));
        const reason = optionalText(why, 'reason');
        if (session === undefined || !realm.dealer.revoke(registration, session, reason)) {
          throw new ApplicationError(ErrorUri.NO_SUCH_SESSION);
        }
        return [];
      }),
    );
  },
};

const REGISTRATION = 'registration_id';

/** Procedures that return details of one registration. */
function installInquiries(realm: Realm): void {
  const parameters = { places: [REGISTRATION] };
  realm.procedure(
    'wamp.registration.get',
    taking(parameters, ({ args }) => [describe(find(realm, args[0]))]),
  );
  realm.procedure(
    'wamp.registration.list_callees',
    taking(parameters, ({ args }) => {
      const { callees } = find(realm, args[0]);
      return answerInTurns(realm, asOneArgument(picked(callees, ({ session }) => session.id)));
    }),
  );
  realm.procedure(
    'wamp.registration.count_callees',
    taking(parameters, ({ args }) => [find(realm, args[0]).callees.length]),
  );
}

/** META-4: on_create precedes on_register, on_unregister precedes on_delete; no event for `wamp.*` (T-40). */
function publishChanges(realm: Realm): void {
  const { dealer } = realm;
  const tell =
    (event: string, what: (registration: Registration) => unknown) =>
    (session: Session, registration: Registration): void => {
      if (isReserved(registration.procedure)) return;
      // The node of the session tells it, or once that is dead, the one that stands in for it.
      if (session.remote?.isMourned === false) return;
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
