/** Route: which view the page shows, as the part of its address behind `#`. */
import { signal } from '@preact/signals';

export const VIEWS = [
  'overview',
  'sessions',
  'registrations',
  'subscriptions',
  'workbench',
  'tail',
  'log',
  'cluster',
] as const;
export type View = (typeof VIEWS)[number];

/** A place in the console. */
interface Route {
  readonly view: View;
  /** The realm that it is about; empty for the first. */
  readonly realm: string;
  /** What of the view: the id of a session. Empty for all. */
  readonly item: string;
  /** Filters and the like. */
  readonly query: Readonly<Record<string, string>>;
}

/** The route of an address; that of the overview for an unknown one. */
export function routeOf(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?');
  const [named = '', realm = '', item = ''] = path.split('/').map(decoded);
  const view = VIEWS.find((each) => each === named) ?? 'overview';
  return { view, realm, item, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The address of a route, without what is empty. */
export function addressOf({ view, realm = '', item = '', query = {} }: Partial<Route>): string {
  const parts = [view ?? 'overview', realm, item].map(encodeURIComponent);
  while (parts.at(-1) === '') parts.pop();
  const filled = Object.entries(query).filter(([, value]) => value !== '');
  const search = new URLSearchParams(filled).toString();
  return `#/${parts.join('/')}${search === '' ? '' : `?${search}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const route = signal<Route>(routeOf(typeof location === 'undefined' ? '' : location.hash));

/** Shows another view. */
export function go(to: Partial<Route>): void {
  location.hash = addressOf(to);
}

/** Changes filters without an entry in the history. */
export function refine(query: Readonly<Record<string, string>>): void {
  const { value } = route;
  const to = { ...value, query: { ...value.query, ...query } };
  history.replaceState(null, '', addressOf(to));
  route.value = routeOf(location.hash);
}

/** Follows the address of the page. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    route.value = routeOf(location.hash);
  });
}
