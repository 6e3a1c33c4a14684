/** REST paths of a Crossbar.io configuration (publisher, caller) as HTTP bridges. */
import {
  addMethod,
  addPrincipal,
  definedOf,
  type ConvertedPart,
  type Entrance,
  type RealmDraft,
} from './crossbar-auth.ts';
import { sizeText, type Part } from './part.ts';

/** A path to which programs post requests in Crossbar.io. */
export interface RestPath {
  readonly path: string;
  readonly type: RestType;
  readonly part: Part;
}

/** The bridges of a listener, by path, and who logs in there. */
export interface Bridges {
  readonly bridges: ConvertedPart;
  readonly entrance: Entrance;
}

/** What the conversion of the REST paths needs to know of their listener. */
export interface RestListener {
  readonly realms: readonly RealmDraft[];
  readonly hasTls: boolean;
  /** Who comes in by RawSocket or long-poll: `auth` of the listener holds for these, and for bridges. */
  readonly others: Entrance | undefined;
  /** Who comes in as a WAMP client, by any path. */
  readonly clients: readonly Entrance[];
}

type RestType = 'publisher' | 'caller';

/** A REST path that can be converted. */
interface PostedPath {
  readonly rest: RestPath;
  readonly realm: RealmDraft;
  readonly role: string;
  /** With them, requests are signed. */
  readonly credentials: { readonly authid: string; readonly secret: string } | undefined;
  readonly bodySize: number | undefined;
}

const WORD: Readonly<Record<RestType, string>> = { publisher: 'publish', caller: 'call' };
/** What bridges offer. */
const OFFERED = ['call', 'publish', 'subscribe'] as const;
const BRIDGE_PATH = /^(?:\/[\w.~-]+)+$/;

export function isRest(type: string): type is RestType {
  return Object.hasOwn(WORD, type);
}

/** Converts the REST paths of one listener, and says how requests have to change. */
export function convertRest(paths: readonly RestPath[], listener: RestListener): Bridges {
  const made = {
    bridges: {} as Record<string, ConvertedPart>,
    methods: new Set<string>(),
    realms: new Set<string>(),
  };
  const all = paths.flatMap((rest) => wantedOf(rest, listener) ?? []);
  for (const wanted of all) {
    const { rest, realm } = wanted;
    const path = bridgePath(rest);
    const method = wanted.credentials === undefined ? 'anonymous' : 'ticket';
    if (!isFree(path, wanted, made.bridges)) continue;
    if (!admits(listener.others, method, wanted)) continue;
    if (offersMore(wanted, all, listener) || !admit(wanted)) continue;
    made.methods.add(method);
    made.realms.add(realm.name);
    made.bridges[path] = bridgeOf(wanted, made.bridges[path]);
    tell(wanted, path);
  }
  return { bridges: made.bridges, entrance: made };
}

/** A path such as /api/publish is the same here, below a bridge at /api; others get a word more. */
function bridgePath({ path, type }: RestPath): string {
  const end = `/${WORD[type]}`;
  const above = path.endsWith(end) ? path.slice(0, -end.length) : '';
  return above === '' ? path : above;
}

function isFree(
  path: string,
  { realm, rest: { part } }: PostedPath,
  bridges: Readonly<Record<string, ConvertedPart>>,
): boolean {
  if (!BRIDGE_PATH.test(path)) {
    part.leave('is not the path of an HTTP bridge, expected one such as /api');
    return false;
  }
  const known = bridges[path];
  if (known === undefined || known['realm'] === realm.name) return true;
  part.leave(`the HTTP bridge at ${path} leads to realm ${String(known['realm'])}`);
  return false;
}

/** Undefined, and said, when requests would get in that did not get in before. */
function wantedOf(rest: RestPath, { realms, hasTls }: RestListener): PostedPath | undefined {
  const { part } = rest;
  const [name = '', role = 'anonymous'] = [part.text('realm'), part.text('role')];
  const options = part.part('options');
  const [authid, secret] = [options?.text('key'), options?.text('secret')];
  const bodySize = options?.number('post_body_limit');
  const realm = realms.find((each) => each.name === name && each.roles.has(role));
  const fault = faultOf(part, options, hasTls);
  if (realm === undefined || fault !== undefined) {
    part.leave(fault ?? `no realm ${name} has the role ${role}`);
    return undefined;
  }
  options?.rest({
    debug: 'see log.level',
    timestamp_delta_limit: 'requests are not signed here, so that no timestamps are checked',
  });
  part.rest();
  const credentials = authid === undefined || secret === undefined ? undefined : { authid, secret };
  return { rest, realm, role, credentials, bodySize };
}

/** What a path checks that a bridge does not. */
function faultOf(part: Part, options: Part | undefined, hasTls: boolean): string | undefined {
  if (part.has('auth')) return 'requests with a log-in of their own: see the HTTP bridge';
  if (options === undefined) return undefined;
  if (options.has('require_ip'))
    return 'addresses of clients are not checked here: put the path behind a proxy that does it';
  if (options.flag('require_tls') === true && !hasTls)
    return 'requires TLS, which its transport does not have';
  return options.has('key') === options.has('secret') ? undefined : 'key and secret need each other';
}

/** `auth` of the listener stays as narrow as it is for other clients. */
function admits(others: Entrance | undefined, method: string, { realm, rest }: PostedPath): boolean {
  if (others === undefined || (others.methods.has(method) && others.realms.has(realm.name))) return true;
  const clients = 'RawSocket or long-poll of the same listener';
  const text = `${clients} do not admit ${method} to realm ${realm.name}: give the bridge a listener of its own`;
  rest.part.leave(text);
  return false;
}

/** True, and said, when anybody could do more by a bridge than by the paths of the file, or as a WAMP client. */
function offersMore(wanted: PostedPath, all: readonly PostedPath[], { clients }: RestListener): boolean {
  const { rest, realm, role, credentials } = wanted;
  const joins = clients.some(({ methods, realms }) => methods.has('anonymous') && realms.has(realm.name));
  if (credentials !== undefined || joins) return false;
  const alike = all.filter((other) => {
    return other.realm === realm && other.role === role && other.credentials === undefined;
  });
  const offered = new Set(alike.map((other) => WORD[other.rest.type]));
  const more = OFFERED.filter(
    (action) => !offered.has(action) && realm.roles.get(role)?.has(action) === true,
  );
  if (more.length === 0) return false;
  const [may, only] = [more.join(' and '), [...offered].join(' and ')];
  const text = `role ${role} may also ${may}, which an HTTP bridge offers as well: give the path a role that may only ${only}`;
  rest.part.leave(text);
  return true;
}

/** Lets the role of the path in: anybody without credentials, or who has the secret. */
function admit({ realm, role, credentials, rest: { part } }: PostedPath): boolean {
  if (credentials === undefined) return addMethod(realm, 'anonymous', { role }, part);
  const { authid, secret } = credentials;
  return addPrincipal(realm, 'ticket', authid, { role, ticket: secret }, part);
}

function bridgeOf({ realm, bodySize }: PostedPath, known: ConvertedPart | undefined): ConvertedPart {
  const size = bodySize === undefined ? undefined : sizeText(bodySize);
  return definedOf({ realm: realm.name, body_size: size, ...known });
}

/** What the programs that post requests have to change. */
function tell({ rest, role, credentials }: PostedPath, bridge: string): void {
  const { path, type, part } = rest;
  const to = `${bridge}/${WORD[type]}`;
  const told = [to === path ? `requests go to ${path} as before` : `requests go to ${to} instead of ${path}`];
  if (credentials !== undefined)
    told.push(
      'signatures are not checked, so clients send key and secret by HTTP Basic authentication, over TLS',
    );
  told.push(
    type === 'publisher'
      ? 'answers have publication instead of id'
      : 'an error is answered with its HTTP status, and its URI in error',
    `all that role ${role} may do is offered there`,
  );
  part.change(told.join('; '));
}
