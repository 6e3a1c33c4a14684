/** Credentials: who logs in to which router and realm, and how. */
import { ticket, wampcra, type Authenticator } from '@wamp/client';
import { scram } from '@wamp/client/scram';

export const METHODS = ['auto', 'wamp-scram', 'wampcra', 'ticket'] as const;
export type Method = (typeof METHODS)[number];

/** What METHODS are called. */
export const METHOD_NAMES: Readonly<Record<Method, string>> = {
  auto: 'The best that the router offers',
  'wamp-scram': 'WAMP-SCRAM',
  wampcra: 'WAMP-CRA',
  ticket: 'Ticket',
};

/** Where an operator logs in. */
export interface Place {
  readonly url: string;
  readonly realm: string;
}

export interface Credentials extends Place {
  readonly authid: string;
  readonly method: Method;
  readonly secret: string;
}

/** Whether what is sent to the router cannot be read on the way. */
export function isPrivate(url: string): boolean {
  if (!URL.canParse(url, location.href)) return false;
  const { protocol, hostname } = new URL(url, location.href);
  return protocol === 'wss:' || /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** Whether it is the router that served this page. */
export function isOwnRouter(url: string): boolean {
  return URL.canParse(url, location.href) && new URL(url, location.href).host === location.host;
}

/**
 * A ticket is the secret itself. Unless it was chosen, it is offered only to the router that served this page, which a link with
 * `?router=` is not, and where it cannot be read on the way.
 */
export function authenticators({ authid, method, secret, url }: Credentials): readonly Authenticator[] {
  const offers: Readonly<Record<Exclude<Method, 'auto'>, () => Authenticator>> = {
    'wamp-scram': () => scram(authid, secret),
    wampcra: () => wampcra(authid, secret),
    ticket: () => ticket(authid, secret),
  };
  if (method !== 'auto') return [offers[method]()];
  const [first, second, last] = [offers['wamp-scram'](), offers.wampcra(), offers.ticket()];
  return isPrivate(url) && isOwnRouter(url) ? [first, second, last] : [first, second];
}

/** The router that served this page and its admin realm, unless the address of the page names others. */
export function usualPlace(): Place {
  const named = new URLSearchParams(location.search);
  const own = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
  return { url: named.get('router') ?? own, realm: named.get('admin') ?? 'wamp.admin' };
}
