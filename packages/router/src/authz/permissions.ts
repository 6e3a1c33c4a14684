/** Permissions by role: an authorizer with fixed rules (spec: Authorization). */
import { MAX_URI_LENGTH, type MatchPolicy, type Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';
import { expect } from '../expect.ts';
import type { Action, Asker, Authorizer, AuthorizerAnswer } from './authorizer.ts';
import { causeOf, evaluate, isAllowed, isDisclosed } from './evaluate.ts';
import type { Pattern } from './pattern-sets.ts';
import { Role } from './role.ts';
import { BIT, readRules, type Permission } from './rule.ts';

/** The permissions of a role, or the authorizer that decides for it. */
export type RolePermissions =
  { readonly permissions: readonly Permission[] } | { readonly authorizer: Authorizer };

export interface PermissionsByRole {
  /** The permissions of each authrole. A role that is absent may do nothing. */
  readonly roles: Readonly<Record<string, RolePermissions>>;
}

/** Explains a decision on a request. */
export interface Explanation {
  /** The decision; `asked` when the authorizer of the role decides. */
  readonly decision: 'permitted' | 'disclosed' | 'denied' | 'asked';
  /** The permission that caused the decision, and its path, such as `roles.user.permissions[0]`. */
  readonly permission?: Permission;
  readonly path?: string;
  /** The explanation as a sentence. */
  readonly reason: string;
}

type Roles = ReadonlyMap<string, Role | Authorizer>;

/**
 * Creates an authorizer from permissions by role. A denial overrides all permissions, regardless of their order; a request
 * that no permission allows is denied. To register or subscribe with a pattern, a session needs one permission that covers
 * all URIs that the pattern matches. URIs that begin with `wamp.` need a permission whose pattern begins so, too.
 * @throws TypeError for invalid rules; it names the path and the fault
 */
export function permissions(rules: PermissionsByRole): Permissions {
  return new Permissions(rules);
}

export class Permissions implements Authorizer {
  #roles: Roles;

  constructor(rules: PermissionsByRole) {
    this.#roles = readRoles(rules);
  }

  /**
   * Replaces the rules. Sessions keep their registrations and subscriptions.
   * @throws TypeError for invalid rules; the old rules then stay in force
   */
  replace(rules: PermissionsByRole): void {
    this.#roles = readRoles(rules);
  }

  authorize(
    principal: Principal,
    action: Action,
    uri: Uri,
    options: { readonly match?: unknown },
    asker: Asker,
  ): AuthorizerAnswer | Promise<AuthorizerAnswer> {
    const role = this.#roles.get(principal.authrole);
    if (role === undefined) return false;
    if (!(role instanceof Role)) return role.authorize(principal, action, uri, options, asker);
    if (uri.length > MAX_URI_LENGTH) return false;
    const rules = role.of(principal);
    const match = matchOf(action, options);
    return match === 'exact'
      ? rules.answer(BIT[action], uri)
      : rules.answerPattern(BIT[action], { match, uri });
  }

  hasRole(authrole: string): boolean {
    return this.#roles.has(authrole);
  }

  /** The answer of `authorize`, with its reason. */
  explain(
    principal: Pick<Principal, 'authid' | 'authrole'>,
    action: Action,
    uri: Uri,
    options: { readonly match?: MatchPolicy | undefined } = {},
  ): Explanation {
    const { authrole } = principal;
    const role = this.#roles.get(authrole);
    if (role === undefined)
      return { decision: 'denied', reason: `there is no role ${JSON.stringify(authrole)}` };
    if (!(role instanceof Role)) {
      return { decision: 'asked', reason: `role ${authrole} has an authorizer of its own` };
    }
    if (uri.length > MAX_URI_LENGTH) return { decision: 'denied', reason: 'the URI is too long' };
    return explain(role, principal, action, { match: matchOf(action, options), uri });
  }
}

function explain(
  role: Role,
  principal: Pick<Principal, 'authid' | 'authrole'>,
  action: Action,
  request: Pattern,
): Explanation {
  const rules = role.rules(principal);
  const decisions = evaluate(rules, request);
  const cause = causeOf(rules, request, BIT[action]);
  if (cause === undefined) {
    return {
      decision: 'denied',
      reason: `no permission of role ${principal.authrole} allows action ${action}`,
    };
  }
  const { permission, path } = cause;
  if (!isAllowed(decisions, BIT[action]))
    return { decision: 'denied', permission, path, reason: `${path} denies action ${action}` };
  const decision = isDisclosed(decisions, BIT[action]) ? 'disclosed' : 'permitted';
  return { decision, permission, path, reason: `${path} allows action ${action}` };
}

/** The match policy of a request; only REGISTER and SUBSCRIBE have patterns. */
function matchOf(action: Action, { match }: { readonly match?: unknown }): MatchPolicy {
  const mayBePattern = action === 'register' || action === 'subscribe';
  return mayBePattern && (match === 'prefix' || match === 'wildcard') ? match : 'exact';
}

function readRoles({ roles }: PermissionsByRole): Roles {
  expect(typeof roles === 'object', 'roles: expected roles by name');
  return new Map(Object.entries(roles).map(([name, role]) => [name, readRole(name, role)]));
}

function readRole(name: string, role: RolePermissions): Role | Authorizer {
  const path = `roles.${name}`;
  const keys = Object.keys(role);
  expect(keys.length === 1, `${path}: expected either permissions or an authorizer`);
  if ('authorizer' in role) {
    expect(typeof role.authorizer.authorize === 'function', `${path}.authorizer: expected an authorizer`);
    return role.authorizer;
  }
  expect('permissions' in role, `${path}: expected permissions or an authorizer`);
  return new Role(readRules(role.permissions, `${path}.permissions`, name));
}
