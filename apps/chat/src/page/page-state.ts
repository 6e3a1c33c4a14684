/** The state of the page, as signals. */
import { computed, signal } from '@preact/signals';
import type { Room } from '../common/contract.ts';
import { MAX_FILE } from '../common/limits.ts';
import type { Content } from './content.ts';
import type { RoomLog } from './room-log.ts';

/** Whether an account is logged in; the problem says why not, or not yet. */
export type Login =
  | { readonly state: 'out'; readonly problem: string }
  | { readonly state: 'busy'; readonly problem: string }
  | { readonly state: 'in'; readonly name: string };

/** A message on its way. */
export interface Draft {
  readonly room: string;
  readonly content: Content;
  /** To be uploaded first. */
  readonly upload?: { readonly name: string; readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> };
  /** Confirmed by the router; its event follows. */
  readonly isSent?: boolean;
  /** Why it was refused. */
  readonly problem?: string;
}

export const login = signal<Login>({ state: 'out', problem: '' });
export const isOnline = signal(false);
/** Why there is no connection. */
export const offlineReason = signal('');
/** Undefined until they are known. */
export const rooms = signal<readonly Room[] | undefined>(undefined);
/** The names of all accounts. */
export const people = signal<readonly string[]>([]);
/** The name of each session that is here. */
export const present = signal<ReadonlyMap<number, string>>(new Map());
/** The logs of the rooms that were opened. */
export const logs = signal<ReadonlyMap<string, RoomLog>>(new Map());
export const unread = signal<ReadonlyMap<string, number>>(new Map());
export const drafts = signal<readonly Draft[]>([]);
/** Who is typing in the open room, and until when to say so (ms). */
export const typing = signal<ReadonlyMap<string, number>>(new Map());
/** The room of the address; undefined on a phone's list of rooms. */
export const openRoom = signal<string | undefined>(undefined);
/** A message to the user, until it is dismissed. */
export const notice = signal('');
/** The key of the message that is being edited. */
export const editing = signal<string | undefined>(undefined);

export const me = computed(() => (login.value.state === 'in' ? login.value.name : undefined));
export const online = computed(() => new Set(present.value.values()));
export const totalUnread = computed(() => [...unread.value.values()].reduce((sum, count) => sum + count, 0));

/** All rooms in the order of the lists. */
export const listed = computed(() => [
  ...(rooms.value ?? []).filter(({ kind }) => kind !== 'direct'),
  ...(rooms.value ?? []).filter(({ kind }) => kind === 'direct'),
]);

/** What a room is called on this page: a direct room has the name of the other. */
export function titleOf({ kind, name, members }: Room, own: string | undefined): string {
  if (kind !== 'direct') return name;
  return members.find((member) => member !== own) ?? `${own ?? ''} (you)`;
}

export const LARGEST = `${MAX_FILE / 1024} KiB`;
