/** What the browser remembers between visits: who was logged in, and for each account where it was. */
import type { Position } from '@wamp/client';
import type { Content } from './content.ts';

/** A log-in by token; the password is never stored. */
export interface SavedLogin {
  readonly name: string;
  readonly token: string;
  /** The router that it is for. */
  readonly router: string;
}

/** A message that was not sent yet. Files are not kept. */
interface SavedDraft {
  readonly room: string;
  readonly content: Content;
}

export interface SavedPlace {
  /** Where the page stopped in the log of all messages. */
  readonly position?: Position;
  readonly unread: Readonly<Record<string, number>>;
  readonly drafts: readonly SavedDraft[];
}

const LOGIN = 'wamp-chat.login';
const NO_PLACE: SavedPlace = { unread: {}, drafts: [] };

export function savedLogin(): SavedLogin | undefined {
  return read(LOGIN) as SavedLogin | undefined;
}

export function saveLogin(login: SavedLogin | undefined): void {
  if (login === undefined) localStorage.removeItem(LOGIN);
  else write(LOGIN, login);
}

export function savedPlace(name: string): SavedPlace {
  return { ...NO_PLACE, ...(read(placeKey(name)) as SavedPlace | undefined) };
}

export function savePlace(name: string, place: SavedPlace): void {
  write(placeKey(name), place);
}

function placeKey(name: string): string {
  return `wamp-chat.place.${name}`;
}

/** What this page wrote itself; anything unreadable counts as nothing. */
function read(key: string): unknown {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A full or forbidden storage costs the memory, not the chat. */
function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Nothing is remembered.
  }
}
