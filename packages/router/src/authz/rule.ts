/** Rule: a permission as it was written, read and checked. */
import { isUri, type MatchPolicy, type Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';
import { expect } from '../expect.ts';
import type { Action } from './authorizer.ts';
import type { Effect } from './evaluate.ts';
import { covers, overlap, type Pattern } from './pattern-sets.ts';

/** Some actions: a list, or one by one. What is `false` is not among them. */
export type Actions = readonly Action[] | Readonly<Partial<Record<Action, boolean | undefined>>>;

/** What a role may do with the URIs that a pattern matches. */
export interface Permission {
  /**
   * A URI or a pattern. `{authid}` and `{authrole}` stand for the session's, as one whole component each. Without a
   * `match`, a star at the end makes a prefix of it (`com.a.*`, `*`), and stars for components a wildcard (`com.*.b`).
   */
  readonly uri: Uri;
  /** As in the specification, `com..b` being a wildcard; by default `exact`, unless there are stars. */
  readonly match?: MatchPolicy | undefined;
  readonly allow?: Actions | undefined;
  /** Takes away what any permission of the role allows, wherever it stands. */
  readonly deny?: Actions | undefined;
  /** Tells callees who calls, or subscribers who publishes, whatever the session wants (PID-4). */
  readonly disclose?:
    { readonly caller?: boolean | undefined; readonly publisher?: boolean | undefined } | undefined;
  /** Written by users of Crossbar.io; without effect, for these decisions need no remembering. */
  readonly cache?: boolean | undefined;
}

/** A permission, with its actions as sets of bits. */
export interface Rule extends Effect {
  /** Where it stands, for people. */
  readonly path: string;
  readonly permission: Permission;
}

/** Each action as a bit. */
export const BIT: Readonly<Record<Action, number>> = { call: 1, register: 2, publish: 4, subscribe: 8 };
const AUTHID = '{authid}';
const AUTHROLE = '{authrole}';

/**
 * @param path where the permissions stand, such as `roles.user.permissions`
 * @throws TypeError that says where what is wrong
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

/** True for a rule that is another for each authid. */
export function isPersonal(rule: Rule): boolean {
  return rule.uri.includes(AUTHID);
}

/**
 * The rule as it stands for a principal; undefined where it matches nothing, for what cannot stand in a URI as one
 * component cannot stand for one.
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
    expect(KEYS.includes(key), `${path}.${key}: there is no such key`);
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
    `${path}.uri: no valid ${pattern.match === 'exact' ? 'URI' : pattern.match}`,
  );
  return pattern;
}

/** Crossbar.io's way of writing patterns. */
function starred(uri: Uri): Pattern {
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
 * `allow: { call: false }` looks like a denial, but is not one. Where another permission allows the call, it is refused
 * as ambiguous.
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

/** True for what may stand between two dots, and is no placeholder itself. */
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
