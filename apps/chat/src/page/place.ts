/** Keeps the place of an account in the browser's memory: position, unread counts and unsent messages. */
import type { Position } from '@wamp/client';
import { savedPlace, savePlace } from './browser-memory.ts';
import { drafts, unread } from './page-state.ts';

let position: Position | undefined;

/** Restores what an earlier visit of this account has left. @returns the position to go on from */
export function restorePlace(name: string): Position | undefined {
  const place = savedPlace(name);
  position = place.position;
  unread.value = new Map(Object.entries(place.unread));
  drafts.value = place.drafts.map(({ room, content }) => ({ room, content }));
  return position;
}

/**
 * @param now the position of the subscription; undefined leaves it as it was
 * @returns the position that was kept
 */
export function keepPlace(name: string, now?: Position): Position | undefined {
  position = now ?? position;
  const unsent = drafts.value.filter(({ isSent, upload }) => isSent !== true && upload === undefined);
  savePlace(name, {
    ...(position && { position }),
    unread: Object.fromEntries(unread.value),
    drafts: unsent.map(({ room, content }) => ({ room, content })),
  });
  return position;
}
