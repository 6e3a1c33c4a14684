/** What draws attention to messages in other rooms, or in another window: counts, the title, notifications. */
import { effect } from '@preact/signals';
import { me, openRoom, rooms, titleOf, totalUnread, unread } from './page-state.ts';

/** Whether the messages of the open room are being read. */
export function isReading(room: string): boolean {
  return openRoom.value === room && document.visibilityState === 'visible' && document.hasFocus();
}

/** A message of another author has come. */
export function heard(room: string, author: string, text: string): void {
  if (isReading(room)) return;
  unread.value = new Map(unread.value).set(room, (unread.value.get(room) ?? 0) + 1);
  notify(room, author, text);
}

export function read(room: string): void {
  if (!unread.value.has(room)) return;
  const others = new Map(unread.value);
  others.delete(room);
  unread.value = others;
}

function notify(room: string, author: string, text: string): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  if (document.visibilityState === 'visible' && document.hasFocus()) return;
  const known = rooms.value?.find(({ id }) => id === room);
  const title = known === undefined || known.kind === 'direct' ? author : `${author} in ${known.name}`;
  try {
    const shown = new Notification(title, { body: text.slice(0, 200), tag: room, icon: '/favicon.svg' });
    shown.onclick = () => {
      focus();
      location.hash = `#/${room}`;
    };
  } catch {
    // Some browsers on phones notify through service workers only.
  }
}

/** Keeps the title of the page. */
export function keepTitle(): void {
  effect(() => {
    const room = rooms.value?.find(({ id }) => id === openRoom.value);
    const count = totalUnread.value > 0 ? `(${totalUnread.value}) ` : '';
    document.title = `${count}${room === undefined ? '' : `${titleOf(room, me.value)} · `}WAMP Chat`;
  });
}
