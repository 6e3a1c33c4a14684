/** Earlier messages of a room, from the router's event history. */
import { getEvents } from '@wamp/client/meta';
import type { Session, Subscription } from '@wamp/client';
import type { ChatApi } from '../common/contract.ts';
import { topicOf } from '../common/topics.ts';
import { authorOf, readContent } from './content.ts';
import { logs } from './page-state.ts';
import { NEW_LOG, withEarlier, type Entry, type RoomLog } from './room-log.ts';

/** How many events are asked for at once. */
const PAGE = 50;

/** Loads the newest events of a room, unless they are there. */
export async function openLog(session: Session<ChatApi>, all: Subscription, room: string): Promise<void> {
  if (logs.value.has(room)) return;
  await loadEarlier(session, all, room);
}

/** Loads the events before those that are there. Events that come meanwhile are added by the subscription. */
export async function loadEarlier(session: Session<ChatApi>, all: Subscription, room: string): Promise<void> {
  const before = logs.value.get(room)?.entries[0]?.publication;
  change(room, (log) => ({ ...log, state: 'loading' }));
  try {
    const events = await getEvents(session, all, {
      topic: topicOf(room, 'message'),
      reverse: true,
      limit: PAGE,
      ...(before !== undefined && { beforePublication: before }),
    });
    const entries: Entry[] = [];
    for (const { publication, timestamp, kwargs, details } of events) {
      const author = authorOf(details['publisher_authid'], kwargs);
      const content = readContent(kwargs);
      if (author === undefined || content === undefined) continue;
      entries.unshift({ publication, author, at: timestamp, content });
    }
    change(room, (log) => withEarlier(log, entries, events.length < PAGE));
  } catch {
    change(room, (log) => ({ ...log, state: 'failed' }));
  }
}

function change(room: string, update: (log: RoomLog) => RoomLog): void {
  logs.value = new Map(logs.value).set(room, update(logs.value.get(room) ?? NEW_LOG));
}
