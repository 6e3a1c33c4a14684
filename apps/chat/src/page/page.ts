/** The state of the page, as signals. */
import { signal } from '@preact/signals';
import { emptyChat, type Chat, type Member } from './state.ts';

export type Connection =
  { readonly state: 'idle' | 'connecting' | 'open' } | { readonly state: 'closed'; readonly reason: string };

export const connection = signal<Connection>({ state: 'idle' });
export const chat = signal<Chat>(emptyChat);
/** The card of this page's member; undefined before it has joined. */
export const me = signal<Member | undefined>(undefined);
/** The latest error while connected. */
export const problem = signal('');
