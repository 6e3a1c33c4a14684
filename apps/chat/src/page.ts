/** What the page shows at the moment, as signals. */
import { signal } from '@preact/signals';
import { emptyChat, type Chat, type Member } from './state.ts';

export type Connection =
  { readonly state: 'idle' | 'connecting' | 'open' } | { readonly state: 'closed'; readonly reason: string };

export const connection = signal<Connection>({ state: 'idle' });
export const chat = signal<Chat>(emptyChat);
/** This page's own card; undefined until it has joined. */
export const me = signal<Member | undefined>(undefined);
/** What went wrong last, while connected. */
export const problem = signal('');
