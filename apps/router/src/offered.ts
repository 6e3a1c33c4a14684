/** What the router offers to those who open its start page, at this moment. */
import type { Router } from '@wamp/router';
import { entranceTo } from './check.ts';
import type { Configuration } from './config/schema.ts';
import { grantsEverything } from './rights.ts';

/** What is told of a realm. */
interface ToldRealm {
  readonly name: string;
  /** How clients authenticate, in words. */
  readonly entrance: string;
}

export interface Offered {
  readonly realms: readonly ToldRealm[];
  /** Whether the service of the chat is connected. */
  readonly hasChat: boolean;
  readonly console: OfferedConsole;
}

/** What the console can show here. */
export interface OfferedConsole {
  /** Whether operators can log in. */
  readonly hasOperators: boolean;
  /** The first realm in which anybody may do everything, and so read its figures. */
  readonly openRealm: string | undefined;
}

/** The service of the chat registers this procedure last: from then on, people can log in. */
const CHAT = { realm: 'chat', procedure: 'chat.authenticate' };

export function offered(router: Pick<Router, 'realm'>, configuration: Configuration): Offered {
  const { realms, realmTemplates } = configuration;
  return {
    realms: [...realms, ...realmTemplates].map((realm) => ({
      name: realm.name,
      entrance: entranceTo(realm),
    })),
    hasChat: router.realm(CHAT.realm)?.dealer.registrations.best(CHAT.procedure) !== undefined,
    console: offeredConsole(configuration),
  };
}

export function offeredConsole({ realms, admin }: Pick<Configuration, 'realms' | 'admin'>): OfferedConsole {
  return { hasOperators: admin.realm !== undefined, openRealm: realms.find(grantsEverything)?.name };
}

/** Where the console begins: at the log-in of operators, or without any, at the figures of an open realm. */
export function consolePath({ hasOperators, openRealm }: OfferedConsole): string {
  return hasOperators || openRealm === undefined
    ? '/dashboard/'
    : `/dashboard/?view=${encodeURIComponent(openRealm)}`;
}
