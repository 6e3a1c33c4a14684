/** Rule: a permission of the configuration, parsed and checked. */
import { isUri, type MatchPolicy, type Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';
import { expect } from '../expect.ts';
import type { Action } from './authorizer.ts';
import type { Effect } from './evaluate.ts';
import { covers, overlap, type Pattern } from './pattern-sets.ts';

/** A set of actions: a list, or a dict in which actions that are `false` do not belong to the set. */
export type Actions = readonly Action[] | Readonly<Partial<Record<Action, boolean | undefined>>>;

/** A permission for the URIs that a pattern matches. */
export interface Permission {
  /**
   * A URI or a pattern. The components `{authid}` and `{authrole}` stand for those of the session. Without `match`, a star at
   * the end makes the URI a prefix (`com.a.*`, `*`), and stars as components make it a wildcard (`com.*.b`).
   */
  readonly uri: Uri;
  /** The match policy, as in the specification (`com..b` is a wildcard pattern); by default `exact`, unless `uri` has stars. */
  readonly match?: MatchPolicy | undefined;
  readonly allow?: Actions | undefined;
  /** Denied actions. A denial overrides all permissions of the role, regardless of their order. */
  readonly deny?: Actions | undefined;
  /** Discloses callers to callees, or publishers to subscribers, whether the session wants that or not (PID-4). */
  readonly disclose?:
    { readonly caller?: boolean | undefined; readonly publisher?: boolean | undefined } | undefined;
  /** Accepted for compatibility with Crossbar.io. It has no effect, because these decisions need no cache. */
  readonly cache?: boolean | undefined;
}

/** A permission, with its actions as sets of bits. */
export interface Rule extends Effect {
  /** The path of the permission in the configuration, for messages. */
  readonly path: string;
  readonly permission: Permission;
}

/** Each action as a bit. */
export const BIT: Readonly<Record<Action, number>> = { call: 1, register: 2, publish: 4, subscribe: 8 };
const AUTHID = '{authid}';
const AUTHROLE = '{authrole}';

/**
 * Parses and checks permissions.
 * @param path the path of the permissions, such as `roles.user.permissions`
 * @throws TypeError for an invalid permission; it names the path and the fault
 */
export function readRules(
  permissions: readonly Permission[],
  path: string,
  authrole: string,
): readonly Rule[] {
  expect(isList(permissions), `${path}: expected a list`);
  const rules = permissions.map((permission, index) => readRule(permission, `${path}[${index}]`, authrole));
  for (const rule of rules) refuseAmbiguity(rule, rules);
  return rules;
}

/** True for a rule that differs for each authid. */
export function isPersonal(rule: Rule): boolean {
  return rule.uri.includes(AUTHID);
}

/**
 * The rule for a principal, with its placeholders replaced; undefined if the rule matches nothing, because the authid cannot
 * be a component of a URI.
 */
export function rewrite(rule: Rule, { authid }: Pick<Principal, 'authid'>): Rule | undefined {
  if (!isPersonal(rule)) return rule;
  return isComponent(authid) ? { ...rule, uri: replace(rule.uri, AUTHID, authid) } : undefined;
}

const KEYS: readonly string[] = [
  'uri',
  'match',
  'allow',
  'deny',
  'disclose',
  'cache',
] satisfies (keyof Permission)[];

function readRule(permission: Permission, path: string, authrole: string): Rule {
  expect(isObject(permission), `${path}: expected a permission`);
  for (const key of Object.keys(permission))
    expect(KEYS.includes(key), `${path}.${key}: unknown key; expected one of ${KEYS.join(', ')}`);
  const { allow, deny, disclose = {}, cache = false } = permission;
  const written = readPattern(permission, path);
  expect(
    !written.uri.includes(AUTHROLE) || isComponent(authrole),
    `${path}.uri: the role's name cannot stand in a URI`,
  );
  expect(typeof cache === 'boolean', `${path}.cache: expected true or false`);
  return {
    match: written.match,
    uri: replace(written.uri, AUTHROLE, authrole),
    path,
    permission,
    allow: readActions(allow, `${path}.allow`),
    deny: readActions(deny, `${path}.deny`),
    disclose: readDisclosure(disclose, `${path}.disclose`),
  };
}

function readPattern({ uri, match }: Permission, path: string): Pattern {
  expect(typeof uri === 'string', `${path}.uri: expected a URI`);
  expect(match === undefined || isMatchPolicy(match), `${path}.match: expected exact, prefix or wildcard`);
  const pattern = match === undefined ? starred(uri) : { match, uri };
  const components = pattern.uri.split('.');
  const isPlaceholder = (component: string | undefined): boolean =>
    component === AUTHID || component === AUTHROLE;
  for (const component of components) {
    expect(
      !component.includes('*'),
      `${path}.uri: a star stands for a whole component, or at the end, without a match`,
    );
    expect(
      isPlaceholder(component) || !/[{}]/.test(component),
      `${path}.uri: expected ${AUTHID} or ${AUTHROLE}, as a whole component`,
    );
  }
  expect(
    pattern.match !== 'prefix' || !isPlaceholder(components.at(-1)),
    `${path}.uri: a prefix that ends with a placeholder matches longer names, too; end it with a dot`,
  );
  const sample = components.map((component) => (isPlaceholder(component) ? 'x' : component)).join('.');
  expect(
    isUri(sample, 'loose', pattern.match),
    `${path}.uri: expected a valid ${pattern.match === 'exact' ? 'URI' : `${pattern.match} pattern`}`,
  );
  return pattern;
}

/** Parses a pattern in the notation of Crossbar.io: `com.a.*` is a prefix, `com.*.b` a wildcard. */
export function starred(uri: Uri): Pattern {
  const star = uri.indexOf('*');
  if (star === -1) return { match: 'exact', uri };
  if (star === uri.length - 1) return { match: 'prefix', uri: uri.slice(0, -1) };
  const components = uri.split('.').map((component) => (component === '*' ? '' : component));
  return { match: 'wildcard', uri: components.join('.') };
}

function readActions(actions: Actions = [], path: string): number {
  let bits = 0;
  if (Array.isArray(actions)) {
    for (const action of actions as readonly unknown[]) bits |= bitOf(action, path);
    return bits;
  }
  expect(isObject(actions), `${path}: expected actions`);
  for (const [action, value] of Object.entries(actions)) {
    expect(value === undefined || typeof value === 'boolean', `${path}.${action}: expected true or false`);
    const bit = bitOf(action, path);
    if (value === true) bits |= bit;
  }
  return bits;
}

function bitOf(action: unknown, path: string): number {
  const bit = Object.entries(BIT).find(([name]) => name === action)?.[1];
  expect(
    bit !== undefined,
    `${path}: expected call, register, publish or subscribe, found ${String(action)}`,
  );
  return bit;
}

function readDisclosure(disclose: NonNullable<Permission['disclose']>, path: string): number {
  expect(isObject(disclose), `${path}: expected caller or publisher`);
  let bits = 0;
  for (const [who, value] of Object.entries(disclose)) {
    expect(who === 'caller' || who === 'publisher', `${path}.${who}: expected caller or publisher`);
    expect(value === undefined || typeof value === 'boolean', `${path}.${who}: expected true or false`);
    if (value === true) bits |= who === 'caller' ? BIT.call : BIT.publish;
  }
  return bits;
}

/**
 * Refuses `allow: { call: false }` as ambiguous when another permission allows the call: it looks like a denial, but is not
 * one.
 */
function refuseAmbiguity(rule: Rule, rules: readonly Rule[]): void {
  const { allow = [] } = rule.permission;
  if (Array.isArray(allow)) return;
  for (const [action, value] of Object.entries(allow)) {
    const bit = BIT[action as Action];
    if (value !== false || (rule.deny & bit) !== 0) continue;
    for (const other of rules) {
      const isException = covers(rule, other) && !covers(other, rule);
      expect(
        (other.allow & bit) === 0 || isException || !overlap(rule, other),
        `${rule.path}.allow.${action}: false denies nothing, and ${other.path} allows it; write deny: [${action}]`,
      );
    }
  }
}

function replace(uri: Uri, placeholder: string, value: string): Uri {
  if (!uri.includes(placeholder)) return uri;
  const components = uri.split('.').map((component) => (component === placeholder ? value : component));
  return components.join('.');
}

/** True for a string that can be a component of a URI, and is not a placeholder. */
function isComponent(value: string): boolean {
  return isUri(value) && !/[.{}]/.test(value);
}

function isMatchPolicy(value: unknown): boolean {
  return value === 'exact' || value === 'prefix' || value === 'wildcard';
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
