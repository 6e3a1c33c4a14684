/** The state of the page, as signals. */
import { signal } from '@preact/signals';
import { emptySeries, type Metrics, type Rates, type Series, type SessionRow } from './state.ts';

interface Known {
  readonly realm: string;
}
export type Connection =
  | (Known & { readonly state: 'connecting' | 'open' })
  | (Known & { readonly state: 'closed'; readonly reason: string });

const realm = new URLSearchParams(location.search).get('view') ?? 'realm1';

export const connection = signal<Connection>({ state: 'connecting', realm });
/** The latest figures; undefined if they are not available. */
export const metrics = signal<Metrics | undefined>(undefined);
export const rates = signal<Rates | undefined>(undefined);
export const series = signal<Series>(emptySeries);
export const sessions = signal<ReadonlyMap<number, SessionRow>>(new Map());
/** The session of this page. */
export const own = signal<number | undefined>(undefined);
