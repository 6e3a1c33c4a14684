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
          'Answers `/metrics` (Prometheus) and `/health` over HTTP, to everybody who reaches it: keep it to the loopback ' +
            'address, or to a network of your own.',
        ),
      socket: unixPath()
        .exactOptional()
        .describe(
          'Path of a Unix domain socket that answers the same, and takes orders such as `wamp-router reload`, from users that may write to it: the one that the router runs as.',
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
      .describe('Name that operators join it by; no other realm may have it.'),
    auth: auth(files).describe('Who may come in, and how they prove who they are; nobody is anonymous.'),
    roles: roles().describe('What each role may do: call `wamp.admin.*`, or parts of it.'),
    payloads: z
      .array(role())
      .meta({ title: 'a list of roles' })
      .default([])
      .describe(
        'Roles that may see payloads in the tail of a session or topic; others see how long they are.',
      ),
  });
  return together(written, (given, complain) => {
    if (given.auth.anonymous !== undefined) {
      complain(
        ['auth', 'anonymous'],
        'is not for administration, expected a method by which people prove who they are',
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
