/** Sections `auth` and `paths` of a listener: who may connect there, and the longest message. */
import type { EntranceRules } from '@wamp/router';
import { z } from 'zod';
import type { AuthConfiguration } from './auth.ts';
import { camelKeys } from './camel-keys.ts';
import type { Path } from './faults.ts';
import { bytes, realmName, type Complain } from './kinds.ts';
import { bearsName, type RealmConfiguration } from './realms.ts';

/** What holds at one path of WebSockets. */
export interface PathRules {
  readonly auth?: EntranceRules;
  /** The longest message (bytes); that of the limits when absent. */
  readonly messageSize?: number;
}

/** The part of a listener that says who may connect. */
interface GuardedListener {
  readonly auth?: EntranceRules;
  readonly paths: Readonly<Record<string, PathRules>>;
}

/** The methods by the names that clients know them by. */
const METHODS = {
  anonymous: 'anonymous',
  ticket: 'ticket',
  wampcra: 'wampcra',
  scram: 'wamp-scram',
  cryptosign: 'cryptosign',
  tls: 'tls',
} as const;
type Method = keyof typeof METHODS;

/** Who may come in. */
export function entranceRules(): z.ZodType<EntranceRules> {
  return z
    .strictObject({
      methods: z
        .array(z.enum(Object.keys(METHODS) as [Method, ...Method[]]))
        .min(1)
        .exactOptional()
        .describe(
          'The authentication methods that may be used; by default, all of the realm. JSON Web Tokens count as tickets.',
        ),
      realms: z
        .array(realmName())
        .min(1)
        .exactOptional()
        .describe(
          'The realms that can be joined; all by default. For other realms, clients get wamp.error.no_such_realm.',
        ),
    })
    .transform(({ methods, realms }) => ({
      ...(methods === undefined ? {} : { authmethods: methods.map((method) => METHODS[method]) }),
      ...(realms === undefined ? {} : { realms }),
    }))
    .meta({ title: 'a mapping with methods or realms' });
}

/** What holds where, by path. */
export function pathRules(): z.ZodType<Readonly<Record<string, PathRules>>> {
  const rules = z
    .strictObject({
      auth: entranceRules().exactOptional().describe('Restricts the clients that may connect at this path.'),
      message_size: bytes()
        .exactOptional()
        .describe('The maximum size of a message at this path; `limits.message_size` by default.'),
    })
    .transform(camelKeys)
    .meta({ title: 'a mapping with auth or message_size' });
  return z
    .record(
      z
        .string()
        .regex(/^\/[^\s?#]*$/)
        .meta({ title: 'a path such as /ws' }),
      rules,
    )
    .meta({ title: 'a mapping of rules by path' });
}

/** Reports rules that would refuse every client: with unknown realms, or methods that none of them uses. */
export function checkEntrances(
  listeners: readonly GuardedListener[],
  realms: readonly RealmConfiguration[],
  complain: Complain,
): void {
  for (const [index, { auth, paths }] of listeners.entries()) {
    checkEntrance(auth, ['listeners', index, 'auth'], realms, complain);
    for (const [path, rules] of Object.entries(paths)) {
      checkEntrance(rules.auth, ['listeners', index, 'paths', path, 'auth'], realms, complain);
    }
  }
}

function checkEntrance(
  rules: EntranceRules | undefined,
  place: Path,
  realms: readonly RealmConfiguration[],
  complain: Complain,
): void {
  for (const [index, name] of (rules?.realms ?? []).entries()) {
    if (realms.some((realm) => bearsName(realm, name))) continue;
    complain([...place, 'realms', index], 'is no realm of this file');
  }
  if (rules?.authmethods === undefined) return;
  const open = realms.filter((realm) => letsInto(rules, realm));
  if (open.length === 0 || open.some(({ auth }) => usesOne(rules, auth))) return;
  complain([...place, 'methods'], 'admits no client, expected a method that one of the realms uses');
}

function letsInto({ realms }: EntranceRules, realm: RealmConfiguration): boolean {
  return realms === undefined || realms.some((name) => bearsName(realm, name));
}

function usesOne({ authmethods }: EntranceRules, auth: AuthConfiguration | undefined): boolean {
  const used = auth === undefined ? ['anonymous'] : Object.keys(auth);
  return used.some((key) => authmethods?.includes(key === 'jwt' ? 'ticket' : METHODS[key as Method]));
}

/** True when anonymous clients may join a realm there. */
export function letsInAnonymous(rules: EntranceRules | undefined, realm: RealmConfiguration): boolean {
  if (rules === undefined) return true;
  return letsInto(rules, realm) && rules.authmethods?.includes('anonymous') !== false;
}
