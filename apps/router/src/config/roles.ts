/** Section `roles` of a realm: permissions by URI, or a dynamic authorizer. */
import { permissions, type Permission } from '@wamp/router';
import { z } from 'zod';
import type { Path } from './faults.ts';
import { duration, NOT_WELL_FORMED, together, uri } from './kinds.ts';

/** The permissions of a role. */
export type RoleConfiguration =
  { readonly permissions: readonly Permission[] } | { readonly authorizer: AuthorizerConfiguration };

/** A dynamic authorizer. */
interface AuthorizerConfiguration {
  readonly procedure: string;
  /** Timeout in ms. */
  readonly timeout: number;
}

/** The default timeout of a dynamic authorizer (ms). */
const AUTHORIZER_TIMEOUT = 5_000;

export function roles(): z.ZodType<Readonly<Record<string, RoleConfiguration>>> {
  const all = z.record(z.string().min(1), role());
  return together(all, (byName, complain) => {
    for (const [name, configured] of Object.entries(byName)) {
      const fault = 'permissions' in configured ? permissionFault(name, configured.permissions) : undefined;
      if (fault !== undefined) complain([name, ...fault.path], fault.text);
    }
  }).meta({ title: 'a mapping of roles by name' });
}

function role(): z.ZodType<RoleConfiguration> {
  return z
    .strictObject({
      permissions: z
        .array(permission())
        .meta({ title: 'a list of permissions' })
        .exactOptional()
        .describe(
          'The permissions of the role. A request that no permission allows is denied, and a denial overrides all permissions.',
        ),
      authorizer: authorizer()
        .exactOptional()
        .describe('A procedure that decides on requests, instead of permissions (dynamic authorization).'),
    })
    .transform(({ permissions: list, authorizer: asked }, context): RoleConfiguration => {
      if (list !== undefined && asked === undefined) return { permissions: list };
      if (asked !== undefined && list === undefined) return { authorizer: asked };
      const message = 'expected either permissions or authorizer';
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ title: 'a mapping with permissions or authorizer' });
}

function authorizer(): z.ZodType<AuthorizerConfiguration> {
  return z
    .strictObject({
      procedure: uri().describe('Called with the session, the URI, the action and the options.'),
      timeout: duration(AUTHORIZER_TIMEOUT).describe(
        'The time in which the procedure has to answer; after that, the request is refused.',
      ),
    })
    .meta({ title: 'a mapping with procedure' });
}

function permission(): z.ZodType<Permission> {
  return z
    .strictObject({
      uri: z
        .string()
        .meta({ title: 'a URI, or a pattern such as com.example.*' })
        .describe('A URI or a pattern, in which {authid} and {authrole} stand for those of the session.'),
      match: z
        .enum(['exact', 'prefix', 'wildcard'])
        .exactOptional()
        .describe('How the URI is matched; by default exactly, or according to its stars.'),
      allow: actions().exactOptional().describe('The allowed actions.'),
      deny: actions().exactOptional().describe('The denied actions, which override all permissions.'),
      disclose: z
        .strictObject({
          caller: z.boolean().exactOptional().describe('Discloses callers to callees.'),
          publisher: z.boolean().exactOptional().describe('Discloses publishers to subscribers.'),
        })
        .meta({ title: 'a mapping with caller or publisher' })
        .exactOptional()
        .describe('Discloses callers or publishers, whether they want it or not.'),
      cache: z
        .boolean()
        .exactOptional()
        .describe('Has no effect; accepted for compatibility with Crossbar.io.'),
    })
    .meta({ title: 'a mapping for a permission' });
}

function actions(): z.ZodType<NonNullable<Permission['allow']>> {
  const flag = z.boolean().exactOptional();
  return z
    .union([
      z.array(z.enum(['call', 'register', 'publish', 'subscribe'])),
      z.strictObject({ call: flag, register: flag, publish: flag, subscribe: flag }),
    ])
    .meta({ title: 'a list of call, register, publish and subscribe' });
}

/** The faults that the router would find in permissions, with their paths. */
function permissionFault(
  name: string,
  list: readonly Permission[],
): { readonly path: Path; readonly text: string } | undefined {
  try {
    permissions({ roles: { [name]: { permissions: list } } });
    return undefined;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const prefix = `roles.${name}.`;
    const [, place = '', said = NOT_WELL_FORMED] =
      /^([^:]*): (.*)$/.exec(error.message.slice(prefix.length)) ?? [];
    const path = [...place.matchAll(/(\d+)|(\w+)/g)].map(([, index, key = '']) =>
      index === undefined ? key : Number(index),
    );
    return { path, text: said };
  }
}
