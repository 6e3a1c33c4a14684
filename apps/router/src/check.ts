/** A summary of a configuration, without secrets. */
import { certificateOf } from './certificate.ts';
import type { AuthConfiguration } from './config/auth.ts';
import type { Listener } from './config/listeners.ts';
import type { PagesConfiguration } from './config/pages.ts';
import type { RealmConfiguration, TemplateConfiguration } from './config/realms.ts';
import type { Configuration } from './config/schema.ts';
import { grantsEverything } from './rights.ts';

/** The listeners and realms of a configuration, one line each. */
export function summary({ listeners, realms, realmTemplates, admin }: Configuration): string {
  const forOperators = admin.realm === undefined ? [] : [`admin ${realmLine(admin.realm)}`];
  const lines = [
    ...listeners.map(listenerLine),
    ...realms.map(realmLine),
    ...realmTemplates.map(templateLine),
  ];
  return [...lines, ...forOperators].join('\n');
}

function listenerLine(listener: Listener): string {
  const { address, port, unix, transports, websocketPaths, longpollPath, pages, origins } = listener;
  const { httpBridges = [] } = listener;
  const spoken = transports.map((transport) => {
    if (transport === 'websocket') return `websocket at ${websocketPaths.join(' and ')}`;
    return transport === 'longpoll' ? `longpoll at ${longpollPath}` : transport;
  });
  const parts = [
    ...spoken,
    ...httpBridges.map(({ path, realm }) => `HTTP for ${realm} at ${path}`),
    ...pageParts(pages),
    ...tlsParts(listener),
    ...(origins.length > 0 ? [`origins ${origins.join(' ')}`] : []),
    ...entranceParts(listener.auth),
    ...Object.entries(listener.paths).flatMap(([path, { auth }]) => [
      `websocket at ${path}`,
      ...entranceParts(auth),
    ]),
  ];
  return `listener ${unix ?? `${address} port ${port}`}: ${parts.join(', ')}`;
}

function pageParts(pages: PagesConfiguration): readonly string[] {
  if (typeof pages === 'boolean') return pages ? ['pages'] : [];
  return pages.map(({ path, folder }) => `pages of ${folder} at ${path}`);
}

function entranceParts(rules: Listener['auth']): readonly string[] {
  const { realms, authmethods } = rules ?? {};
  return [
    ...(realms === undefined ? [] : [`only realm ${realms.join(' and ')}`]),
    ...(authmethods === undefined ? [] : [`only by ${authmethods.join(' or ')}`]),
  ];
}

function tlsParts({ tls }: Listener): readonly string[] {
  const certificate = certificateOf(tls);
  if (tls === undefined || certificate === undefined) return [];
  const asks =
    tls.rejectUnauthorized === true ? 'required' : tls.requestCert === true ? 'requested' : undefined;
  return [
    `TLS for ${certificate.subject} until ${certificate.expires.slice(0, 10)}`,
    ...(asks === undefined ? [] : [`client certificates ${asks}`]),
  ];
}

function templateLine(template: TemplateConfiguration): string {
  const { maxRealms, idle } = template;
  const limits = `up to ${counted(maxRealms, 'realm')}, each until ${idle / 1000} s without sessions`;
  return `${realmLine(template).replace(/^realm/, 'realm template')}; ${limits}`;
}

function realmLine({ name, auth, roles }: RealmConfiguration): string {
  if (roles === undefined) return `realm ${name}: anonymous, everything allowed`;
  const methods = auth === undefined ? ['anonymous'] : methodParts(auth);
  const each = Object.entries(roles).map(([role, configured]) =>
    'permissions' in configured
      ? `${role} (${counted(configured.permissions.length, 'permission')})`
      : `${role} (asks ${configured.authorizer.procedure})`,
  );
  return `realm ${name}: ${methods.join(', ')}; roles ${each.join(', ')}`;
}

/** The authentication methods of a realm, for the start page: without names and roles, because the page is public. */
export function entranceTo(realm: RealmConfiguration): string {
  const { anonymous, ...others } = realm.auth ?? { anonymous: 'anonymous' };
  const names = Object.keys(others);
  const proofs = names.length === 0 ? '' : `authentication by ${names.join(' or ')}`;
  const rights = grantsEverything(realm) ? 'everything allowed' : 'allowed is what the role may do';
  const free = anonymous === undefined ? '' : `anonymous, ${rights}`;
  return [free, proofs].filter((part) => part !== '').join('; or ');
}

function methodParts({ anonymous, jwt, cryptosign, tls, ...rest }: AuthConfiguration): readonly string[] {
  const sources = Object.entries({ ...rest, cryptosign: cryptosign?.source, tls: tls?.source });
  return [
    ...(anonymous === undefined
      ? []
      : [
          typeof anonymous === 'string' ? `anonymous as ${anonymous}` : `anonymous by ${anonymous.procedure}`,
        ]),
    ...(jwt === undefined ? [] : ['jwt']),
    ...sources.flatMap(([method, source]) => {
      if (source === undefined) return [];
      return 'procedure' in source
        ? `${method} by ${source.procedure}`
        : `${method} for ${counted(source.size, 'principal')}`;
    }),
  ];
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
