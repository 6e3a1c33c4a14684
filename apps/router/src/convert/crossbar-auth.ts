/** Authentication of a Crossbar.io configuration: told by transport there, and by realm here. */
import type { Part } from './part.ts';

/** A value of the file to be written. */
export type ConvertedPart = Record<string, unknown>;

/** A realm to be written. */
export interface RealmDraft {
  readonly name: string;
  /** Its roles by name, each with the actions that it may perform on some URI. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
  /** A mapping for each method. */
  readonly auth: Map<string, ConvertedPart>;
}

/** Who comes in by one transport, or by one path of it. */
export interface Entrance {
  /** The methods in use, by the names of the file. */
  readonly methods: ReadonlySet<string>;
  readonly realms: ReadonlySet<string>;
}

/** Where the methods of this kind have their principals, and how one of them is converted. */
interface Kind {
  readonly principals: string;
  principal(part: Part): ConvertedPart | undefined;
}

const KINDS: Readonly<Record<string, Kind>> = {
  ticket: { principals: 'principals', principal: (part) => ({ ticket: part.text('ticket') }) },
  wampcra: { principals: 'users', principal: wampcra },
  scram: { principals: 'principals', principal: scram },
  cryptosign: {
    principals: 'principals',
    principal: (part) => ({ authorized_keys: part.texts('authorized_keys') }),
  },
  tls: {
    principals: 'principals',
    principal(part) {
      part.leave('certificates are known by name, or by SHA-256 here: write auth.tls by hand');
      return undefined;
    },
  },
};

function wampcra(part: Part): ConvertedPart {
  const [secret, salt] = [part.text('secret'), part.text('salt')];
  if (salt === undefined) {
    part.rest({ iterations: 'has no effect without salt', keylen: 'has no effect without salt' });
    return { secret };
  }
  return { key: secret, salt, iterations: part.number('iterations'), keylen: part.number('keylen') };
}

function scram(part: Part): ConvertedPart {
  const kdf = part.text('kdf')?.replace('argon2id-13', 'argon2id13');
  const [iterations, memory, salt] = [part.number('iterations'), part.number('memory'), part.text('salt')];
  return {
    kdf,
    iterations,
    memory,
    salt,
    stored_key: part.text('stored-key'),
    server_key: part.text('server-key'),
  };
}

/** Adds what one `auth` says to the realms that it lets into. @param auth undefined for none, which means anonymous */
export function convertAuth(auth: Part | undefined, realms: readonly RealmDraft[]): Entrance {
  const entered = { methods: new Set<string>(), realms: new Set<string>() };
  const methods = auth?.keys() ?? ['anonymous'];
  for (const method of methods) {
    for (const realm of convertMethod(method, auth, realms)) {
      entered.methods.add(method);
      entered.realms.add(realm);
    }
  }
  return entered;
}

/** @returns the names of the realms that it lets into */
function convertMethod(
  method: string,
  auth: Part | undefined,
  realms: readonly RealmDraft[],
): readonly string[] {
  if (method !== 'anonymous' && !Object.hasOwn(KINDS, method)) {
    auth?.leave(
      method === 'cookie'
        ? 'a cookie stands for no log-in here: clients prove each time who they are'
        : 'there is no such authentication method here',
      method,
    );
    return [];
  }
  const part = auth?.part(method);
  const type = part?.text('type') ?? 'static';
  if (part !== undefined && type !== 'static' && type !== 'dynamic') {
    part.leave(`a ${type} in the process of the router has no counterpart: register a procedure for it`);
    return [];
  }
  if (type === 'dynamic' && part !== undefined) return dynamic(method, part, realms);
  return method === 'anonymous' ? anonymous(part, realms) : listed(method, part, realms);
}

/** The procedure may put clients into any other realm of the file, as it may in Crossbar.io. */
function dynamic(method: string, part: Part, realms: readonly RealmDraft[]): readonly string[] {
  const [procedure, realm] = [part.text('authenticator'), part.text('authenticator-realm')];
  part.rest({ 'authenticator-role': 'the router itself calls the procedure' });
  const names = realms.map(({ name }) => name);
  const entered = realms.filter((each) => {
    // Whoever registers in the realm of the procedure decides who comes in: it stays apart.
    const others = names.filter((name) => name !== each.name && name !== realm);
    return addMethod(each, method, definedOf({ procedure, realm, realms: listOf(others) }), part);
  });
  const named = names.filter((name) => name !== realm);
  if (named.length > 1) part.change(mayName(named, realm));
  return entered.map(({ name }) => name);
}

function listOf(names: readonly string[]): readonly string[] | undefined {
  return names.length === 0 ? undefined : names;
}

function mayName(named: readonly string[], own: string | undefined): string {
  const apart = own === undefined ? '' : `, but not into ${own}, its own`;
  return `the procedure may put clients into ${named.join(', ')}${apart}: leave in realms only those that it names`;
}

function anonymous(part: Part | undefined, realms: readonly RealmDraft[]): readonly string[] {
  const [role = 'anonymous', only] = [part?.text('role'), part?.text('realm')];
  part?.rest();
  return realms
    .filter(({ name, roles }) => roles.has(role) && (only === undefined || only === name))
    .filter((realm) => addMethod(realm, 'anonymous', { role }, part))
    .map(({ name }) => name);
}

/** One mapping per method and realm: the first that says something else stays. */
export function addMethod(
  realm: RealmDraft,
  method: string,
  wanted: ConvertedPart,
  part: Part | undefined,
): boolean {
  const known = realm.auth.get(method);
  if (known === undefined) realm.auth.set(method, wanted);
  else if (JSON.stringify(known) !== JSON.stringify(wanted)) {
    part?.leave(`realm ${realm.name} has another ${method} from elsewhere, and one is what it may have`);
    return false;
  }
  return true;
}

function listed(method: string, part: Part | undefined, realms: readonly RealmDraft[]): readonly string[] {
  const kind = KINDS[method];
  if (part === undefined || kind === undefined) return [];
  const entered: string[] = [];
  for (const [authid, each] of part.named(kind.principals)) {
    const [role = '', only] = [each.text('role'), each.text('realm')];
    const proof = kind.principal(each);
    each.rest();
    if (proof === undefined) continue;
    const into = realms.filter(({ name, roles }) => roles.has(role) && (only === undefined || only === name));
    if (into.length === 0) each.leave(`no realm that it may join has the role ${role}`);
    for (const realm of into) {
      if (addPrincipal(realm, method, authid, definedOf({ role, ...proof }), each)) entered.push(realm.name);
    }
  }
  part.rest();
  return entered;
}

/** Adds a principal to a method of a realm; the first of a name stays. */
export function addPrincipal(
  realm: RealmDraft,
  method: string,
  authid: string,
  wanted: ConvertedPart,
  part: Part,
): boolean {
  const known = realm.auth.get(method) ?? { principals: {} };
  const { principals } = known as { readonly principals?: ConvertedPart };
  if (principals === undefined) {
    part.leave(`realm ${realm.name} asks a procedure for its principals of ${method}`);
    return false;
  }
  realm.auth.set(method, known);
  const other = Object.hasOwn(principals, authid) ? principals[authid] : wanted;
  if (JSON.stringify(other) !== JSON.stringify(wanted)) {
    part.leave(`realm ${realm.name} knows ${authid} in another way from elsewhere`);
    return false;
  }
  principals[authid] = wanted;
  return true;
}

/** Without the keys that have no value. */
export function definedOf(values: ConvertedPart): ConvertedPart {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
