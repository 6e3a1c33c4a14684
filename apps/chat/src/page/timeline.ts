/** How messages follow each other on the page: day lines, and messages that continue the one before. */
import type { Message } from './room-log.ts';

/** How long an author goes on without the name being repeated (ms). */
const CONTINUES = 5 * 60_000;

export type TimelineRow =
  | { readonly kind: 'day'; readonly key: string; readonly label: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: Message;
      readonly continued: boolean;
    };

export function timelineOf(messages: readonly Message[], now: Date): readonly TimelineRow[] {
  const rows: TimelineRow[] = [];
  let before: Message | undefined;
  for (const message of messages) {
    const isNewDay = before === undefined || !isSameDay(before.at, message.at);
    if (isNewDay) rows.push({ kind: 'day', key: `day ${message.key}`, label: dayLabel(message.at, now) });
    const continued = !isNewDay && before !== undefined && continues(message, before);
    rows.push({ kind: 'message', key: message.key, message, continued });
    before = message;
  }
  return rows;
}

function continues(message: Message, before: Message): boolean {
  return message.author === before.author && message.at.getTime() - before.at.getTime() < CONTINUES;
}

function isSameDay(a: Date, b: Date): boolean {
  return a.toDateString() === b.toDateString();
}

export function dayLabel(day: Date, now: Date): string {
  if (isSameDay(day, now)) return 'Today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (isSameDay(day, yesterday)) return 'Yesterday';
  const year = day.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return day.toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long', ...year });
}

export function timeLabel(at: Date): string {
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
