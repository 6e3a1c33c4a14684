/** Section `admin` of the configuration: where metrics, health and commands are served. */
import { z } from 'zod';
import { auth } from './auth.ts';
import type { Files } from './files.ts';
import { isHost, unixPath } from './hosts.ts';
import { NOT_WELL_FORMED, port, realmName, text, together } from './kinds.ts';
import { checkRoles, realms, type RealmConfiguration } from './realms.ts';
import { roles } from './roles.ts';
import { role } from './source.ts';

/** Where metrics and health are served. */
export interface AdminConfiguration {
  /** The HTTP address of `/metrics` and `/health`; undefined for none. */
  readonly listener?: AdminListener;
  /** The path of a Unix domain socket that also accepts commands; undefined for none. */
  readonly socket?: string;
  /** The realm whose procedures administer the router; none when absent. */
  readonly realm?: RealmConfiguration;
  /** Roles of that realm that may see payloads. */
  readonly payloads?: readonly string[];
}

interface AdminListener {
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
}

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = 9480;
/** Clients cannot register procedures of such names, nor can another realm have one. */
const DEFAULT_REALM = 'wamp.admin';

export function admin(files: Files): z.ZodType<AdminConfiguration> {
  return z
    .strictObject({
      listener: adminListener()
        .exactOptional()
        .describe(
          'Serves `/metrics` (Prometheus) and `/health` over HTTP, without authentication: use the loopback address, or a ' +
            'private network.',
        ),
      socket: unixPath()
        .exactOptional()
        .describe(
          'Path of a Unix domain socket that serves the same, and accepts commands such as `wamp-router reload`. Only the user as which the router runs may write to it.',
        ),
      realm: adminRealm(files)
        .exactOptional()
        .describe(
          'A realm whose procedures administer the router (docs/admin.md); by default, there is none.',
        ),
    })
    .transform(({ realm, ...rest }): AdminConfiguration => ({ ...rest, ...realm }))
    .meta({ title: 'a mapping for administration' });
}

type ReadAdminRealm = Required<Pick<AdminConfiguration, 'realm' | 'payloads'>>;

function adminRealm(files: Files): z.ZodType<ReadAdminRealm> {
  const written = z.strictObject({
    name: realmName()
      .default(DEFAULT_REALM)
      .describe('The name of the realm; no other realm may have the same.'),
    auth: auth(files).describe('The authentication methods of the realm, without anonymous.'),
    roles: roles().describe('The permissions of each role: to call `wamp.admin.*`, or parts of it.'),
    payloads: z
      .array(role())
      .meta({ title: 'a list of roles' })
      .default([])
      .describe(
        'Roles that may see payloads in the tail of a session or topic; other roles see only their length.',
      ),
  });
  return together(written, (given, complain) => {
    if (given.auth.anonymous !== undefined) {
      complain(
        ['auth', 'anonymous'],
        'is not allowed for administration, expected a method other than anonymous',
      );
    }
    checkRoles(given, complain);
    given.payloads.forEach((name, index) => {
      if (!Object.hasOwn(given.roles, name)) complain(['payloads', index], 'is no role of this realm');
    });
  })
    .transform(({ payloads, ...rest }) => ({ realm: { ...plainRealm(files), ...rest }, payloads }))
    .meta({ title: 'a mapping with auth and roles' });
}

/** A realm of which the file says nothing. */
function plainRealm(files: Files): RealmConfiguration {
  const [plain] = realms(files).parse([{ name: 'plain' }]);
  if (plain === undefined) throw new Error('a realm without settings: expected one');
  return plain;
}

function adminListener(): z.ZodType<AdminListener> {
  return z
    .strictObject({
      address: text('a host name or an address')
        .refine(isHost, { message: NOT_WELL_FORMED })
        .default(DEFAULT_ADDRESS)
        .describe('Host name or address to listen on.'),
      port: port().default(DEFAULT_PORT).describe('Port to listen on; 0 stands for any free one.'),
    })
    .meta({ title: 'a mapping with address and port' });
}
