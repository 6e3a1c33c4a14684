/** Realms and permissions of a Crossbar.io configuration, where the longest URI decides alone; here, a denial wins. */
import { definedOf, type ConvertedPart } from './crossbar-auth.ts';
import { NAMELESS, type Part } from './part.ts';

const ACTIONS = ['call', 'register', 'publish', 'subscribe'] as const;
type Action = (typeof ACTIONS)[number];

/** A permission as it is read. */
interface Rule {
  readonly uri: string;
  readonly match: string;
  readonly allow: ReadonlySet<Action>;
  readonly disclose: ConvertedPart | undefined;
  readonly part: Part;
}

/** A realm without its name and its authentication. */
export function convertRealm(realm: Part): { readonly roles: ConvertedPart; readonly more: ConvertedPart } {
  const roles: ConvertedPart = {};
  for (const role of realm.parts('roles')) {
    const name = role.text('name');
    if (name === undefined || name === '__proto__') role.leave('has no name');
    else if (Object.hasOwn(roles, name)) role.leave(`another role of the realm has the name ${name}`);
    else roles[name] = convertRole(role);
  }
  realm.leaveCommon(NAMELESS, 'id');
  const more = { ...optionsOf(realm), ...historyOf(realm) };
  realm.rest({
    rlinks: 'links to other routers have no counterpart yet',
    stats: 'see the metrics at admin.listener',
    trace: 'see the metrics and the log',
  });
  return { roles, more };
}

function convertRole(role: Part): ConvertedPart {
  const authorizer = role.text('authorizer');
  role.leaveCommon(NAMELESS, 'id');
  if (authorizer !== undefined) {
    role.rest({ permissions: 'the authorizer decides alone' });
    return { authorizer: { procedure: authorizer } };
  }
  const rules = role.parts('permissions').map(ruleOf);
  role.rest({ 'allow-by-default': 'nothing is allowed that no permission allows: add one' });
  return { permissions: [...rules.map((rule) => permissionOf(rule, rules)), ...metaOf(rules)] };
}

/** What each role may do with some URI: everything, where a procedure decides. */
export function actionsOf(roles: ConvertedPart): ReadonlyMap<string, ReadonlySet<string>> {
  const actions = Object.entries(roles).map(([name, role]) => {
    const { permissions } = role as {
      readonly permissions?: readonly { readonly allow?: readonly string[] }[];
    };
    return [name, new Set(permissions?.flatMap(({ allow = [] }) => allow) ?? ACTIONS)] as const;
  });
  return new Map(actions);
}

/** A procedure that ends the sessions of others, and those like it. */
export const KILL = 'wamp.session.kill';

/** Permissions for every URI do not reach the meta API here, so that it has some of its own; without killing sessions. */
function metaOf(rules: readonly Rule[]): readonly ConvertedPart[] {
  const whole = rules.find(({ uri, match }) => uri === '' && match === 'prefix');
  const allow = (['call', 'subscribe'] as const).filter((action) => whole?.allow.has(action));
  if (allow.length === 0) return [];
  return [
    { uri: 'wamp.', match: 'prefix', allow },
    { uri: KILL, match: 'prefix', deny: ['call'] },
  ];
}

function ruleOf(part: Part): Rule {
  const written = part.text('uri') ?? '';
  const isPrefix = part.has('match') ? undefined : /^(.*)\*$/.exec(written);
  const match = part.text('match') ?? (isPrefix === null ? 'exact' : 'prefix');
  // Older files have the actions beside the URI.
  const flags = part.part('allow') ?? part;
  const allow = new Set(ACTIONS.filter((action) => flags.flag(action) === true));
  if (flags !== part) flags.rest();
  const told = part.part('disclose');
  const disclose = ['caller', 'publisher'].filter((whom) => told?.flag(whom) === true);
  part.leaveCommon(NAMELESS, 'id');
  part.leaveCommon('decisions by permissions need no cache', 'cache');
  told?.rest();
  part.rest({ validate: 'payloads are not validated by the router' });
  return {
    uri: isPrefix?.[1] ?? written,
    match,
    allow,
    disclose: disclose.length === 0 ? undefined : Object.fromEntries(disclose.map((whom) => [whom, true])),
    part,
  };
}

/** What a wider permission allows, and this one does not, is denied: what is longer decides. */
function permissionOf(rule: Rule, rules: readonly Rule[]): ConvertedPart {
  const { uri, match, allow, disclose, part } = rule;
  const wider = rules.filter((other) => other !== rule && covers(other, rule));
  const deny = ACTIONS.filter(
    (action) => !allow.has(action) && wider.some((other) => other.allow.has(action)),
  );
  const given = ({ allow: longer }: Rule): boolean => deny.some((action) => longer.has(action));
  if (rules.some((other) => other !== rule && covers(rule, other) && given(other))) {
    part.leave('denies also what a longer permission allows: a denial wins here');
  }
  return definedOf({
    uri,
    match: match === 'exact' ? undefined : match,
    allow: allow.size === 0 ? undefined : [...allow],
    deny: deny.length === 0 ? undefined : deny,
    disclose,
  });
}

/** True when whatever `other` is about, `rule` is about, too. */
function covers(rule: Rule, other: Rule): boolean {
  if (rule.match === 'prefix') return other.uri.startsWith(rule.uri) && other.uri !== rule.uri;
  if (rule.match !== 'wildcard' || other.match === 'prefix') return false;
  const [own, others] = [rule.uri.split('.'), other.uri.split('.')];
  return own.length === others.length && own.every((each, index) => each === '' || each === others[index]);
}

function optionsOf(realm: Part): ConvertedPart {
  const options = realm.part('options');
  const check = options?.text('uri_check');
  if (check !== undefined && check !== 'strict' && check !== 'loose') {
    options?.leave('is neither strict nor loose: loose is used', 'uri_check');
  }
  options?.rest();
  return check === 'strict' ? { uri_rules: 'strict' } : {};
}

function historyOf(realm: Part): ConvertedPart {
  const store = realm.part('store');
  if (store === undefined) return {};
  const type = store.text('type');
  if (type !== undefined && type !== 'memory') {
    store.leave('is kept in memory here, unless there is a store: add store: { path: ./events.db }', 'type');
  }
  const limit = store.number('limit');
  const history = store.parts('event-history').map((rule) => {
    const written = definedOf({
      topic: rule.text('uri') ?? '',
      match: rule.text('match'),
      depth: rule.number('limit') ?? limit,
    });
    rule.rest();
    return written;
  });
  if (history.length === 0 && limit !== undefined) store.leave('no events are recorded', 'limit');
  store.rest({ 'call-queue': 'calls wait for a busy callee without being told to, within limits' });
  return history.length === 0 ? {} : { history };
}
