/** The events of a room in the order of the router, and the messages that they amount to. */
import type { Content, FileReference } from './content.ts';

/** One event. The author is whom the router disclosed to the service, or to the receivers. */
export interface Entry {
  readonly publication: number;
  readonly author: string;
  readonly at: Date;
  readonly content: Content;
}

export interface RoomLog {
  readonly entries: readonly Entry[];
  /** Whether earlier events are being loaded, or could not be. */
  readonly state: 'loading' | 'ready' | 'failed';
  /** Whether it begins with the first event of the room. */
  readonly complete: boolean;
}

/** A message as it is shown, with all changes. */
export interface Message {
  /** Author and id: an author cannot name the messages of others. */
  readonly key: string;
  readonly author: string;
  readonly id: string;
  readonly at: Date;
  readonly text: string;
  readonly file: FileReference | undefined;
  readonly edited: boolean;
  readonly deleted: boolean;
}

export const NEW_LOG: RoomLog = { entries: [], state: 'loading', complete: false };

/** The most events that are kept of a room; the oldest can be loaded again. */
const MOST_ENTRIES = 2000;

export function keyOf(author: string, id: string): string {
  return `${author}/${id}`;
}

/** Adds a live or recovered event, which is the newest. */
export function withEvent(log: RoomLog, entry: Entry): RoomLog {
  if (log.entries.some(({ publication }) => publication === entry.publication)) return log;
  const entries = [...log.entries, entry];
  if (entries.length <= MOST_ENTRIES) return { ...log, entries };
  return { ...log, entries: entries.slice(-MOST_ENTRIES), complete: false };
}

/** Adds earlier events before those that are there, of which some may be among them. */
export function withEarlier(log: RoomLog, earlier: readonly Entry[], complete: boolean): RoomLog {
  const known = new Set(earlier.map(({ publication }) => publication));
  const rest = log.entries.filter(({ publication }) => !known.has(publication));
  return { entries: [...earlier, ...rest], state: 'ready', complete };
}

/** The messages, in order. A text that was sent twice, because its confirmation was lost, counts once. */
export function messagesOf(entries: readonly Entry[]): readonly Message[] {
  const messages = new Map<string, Message>();
  for (const { author, at, content } of entries) {
    if (content.kind === 'text') {
      const key = keyOf(author, content.id);
      if (messages.has(key)) continue;
      const { id, text, file } = content;
      messages.set(key, { key, author, id, at, text, file, edited: false, deleted: false });
    } else {
      const key = keyOf(author, content.of);
      const message = messages.get(key);
      if (message === undefined || message.deleted) continue;
      if (content.kind === 'edit') messages.set(key, { ...message, text: content.text, edited: true });
      else messages.set(key, { ...message, text: '', file: undefined, deleted: true });
    }
  }
  return [...messages.values()];
}
