/** Evaluates the permissions of a configuration, for `check --explain` and for the checks at the start. */
import type { MatchPolicy } from '@wamp/protocol';
import type { Action } from '@wamp/router';
import { permissionsFor } from './authenticators.ts';
import type { LoadedConfiguration } from './config/load.ts';
import { bearsName, type RealmConfiguration } from './config/realms.ts';
import { placedRealms } from './config/schema.ts';
import { CannotStart, USAGE } from './failure.ts';

/** The principal and the request to evaluate. */
export interface Question {
  readonly role: string;
  readonly action: Action;
  readonly uri: string;
  /** Default: the first realm. */
  readonly realm?: string;
  readonly authid?: string;
  readonly match?: MatchPolicy;
}

export const ACTIONS: readonly Action[] = ['call', 'register', 'publish', 'subscribe'];

/** True for a realm in which anonymous clients may do everything. */
export function grantsEverything({ auth, roles }: RealmConfiguration): boolean {
  if (roles === undefined) return true;
  const role = auth === undefined ? 'anonymous' : auth.anonymous;
  if (typeof role !== 'string') return false;
  const rights = permissionsFor(roles);
  const nobody = { authid: 'nobody', authrole: role };
  return ACTIONS.every((action) => {
    // The widest pattern; for exact requests, any name that no permission mentions.
    const asked = action === 'register' || action === 'subscribe' ? '' : 'x.y.z';
    const { decision } = rights.explain(nobody, action, asked, { match: 'prefix' });
    return decision === 'permitted' || decision === 'disclosed';
  });
}

/** Whether the request is allowed, and a line that explains why. */
export interface Answer {
  readonly permitted: boolean;
  readonly line: string;
}

/** @throws CannotStart if there is no such realm or role */
export function answer(loaded: LoadedConfiguration, question: Question): Answer {
  const { role, action, uri, authid = '', match } = question;
  const templates = loaded.configuration.realmTemplates.map((realm, index) => ({
    realm,
    path: ['realm_templates', index],
  }));
  const realms = [...placedRealms(loaded.configuration), ...templates];
  const name = question.realm ?? realms[0]?.realm.name;
  const { realm, path: within } = realms.find((each) => bearsName(each.realm, name ?? '')) ?? {};
  if (realm === undefined || within === undefined)
    throw new CannotStart(`there is no realm ${name ?? ''}`, USAGE);
  if (realm.roles === undefined) {
    return {
      permitted: true,
      line: `permitted: ${loaded.place(within)}: without roles, all clients may do everything`,
    };
  }
  if (!Object.hasOwn(realm.roles, role))
    throw new CannotStart(`realm ${realm.name} has no role ${role}`, USAGE);
  const rights = permissionsFor(realm.roles);
  const { decision, path = '', reason } = rights.explain({ authid, authrole: role }, action, uri, { match });
  const [, permission] = /\[(\d+)\]$/.exec(path) ?? [];
  const decisive = permission === undefined ? [] : ['permissions', Number(permission)];
  const where = loaded.place([...within, 'roles', role, ...decisive]);
  return {
    permitted: decision === 'permitted' || decision === 'disclosed',
    line: `${decision}: ${where}: ${reason}`,
  };
}
