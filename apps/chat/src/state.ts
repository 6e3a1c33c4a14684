/** What the chat knows - who is here, which rooms there are, what was said - and how it changes. */

/** How a member shows itself to the others: its card. */
export interface Member {
  readonly session: number;
  readonly nickname: string;
  readonly room: string;
}

/** A line in the log: what a member said, or what happened. */
export type Entry = Message | Notice;

export interface Message {
  readonly kind: 'message';
  readonly key: number;
  readonly session: number;
  readonly nickname: string;
  readonly text: string;
  readonly at: Date;
}

interface Notice {
  readonly kind: 'notice';
  readonly key: number;
  readonly text: string;
  readonly at: Date;
}

export interface Chat {
  /** Everyone in any room, this page included, by session. */
  readonly members: ReadonlyMap<number, Member>;
  readonly entries: readonly Entry[];
  /** How many notices there were, which numbers the next. */
  readonly notices: number;
  /** Who is writing, by session, and until when that is believed. */
  readonly typing: ReadonlyMap<number, number>;
}

export const emptyChat: Chat = { members: new Map(), entries: [], notices: 0, typing: new Map() };

export const FIRST_ROOM = 'lobby';
export const MAX_TEXT = 2000;
export const MAX_NAME = 32;
const MAX_ENTRIES = 500;
export const TYPING_FADES = 4000;

/** `text` as a nickname; empty when nothing of it can be shown. */
export function asNickname(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return clip(visible.replaceAll(/\s+/g, ' ').trim(), MAX_NAME);
}

/** `text` as a room, which is one component of a URI; empty when nothing of it can be. */
export function asRoom(text: string): string {
  const component = asNickname(text)
    .toLowerCase()
    .replaceAll(/[\s.#/?&%]+/g, '_');
  return clip(component, MAX_NAME).replaceAll(/^_+|_+$/g, '');
}

/** What a member may have said; empty when it said nothing. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? clip(value.trim(), MAX_TEXT) : '';
}

/** Never leaves half of a character that has two UTF-16 units. */
function clip(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** The card in a payload, or undefined: anyone may publish or call, so nothing about it is certain. */
export function readCard(card: unknown): Member | undefined {
  if (typeof card !== 'object' || card === null) return undefined;
  const { session, nickname, room } = card as Readonly<Record<string, unknown>>;
  if (!isSession(session) || typeof nickname !== 'string' || typeof room !== 'string') return undefined;
  if (asNickname(nickname) === '' || asRoom(room) !== room || room === '') return undefined;
  return { session, nickname: asNickname(nickname), room };
}

/** What a member says in a payload, or undefined. */
export function readMessage(said: unknown): Omit<Message, 'kind' | 'key' | 'at'> | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const { session, nickname, text } = said as Readonly<Record<string, unknown>>;
  if (!isSession(session) || typeof nickname !== 'string' || asNickname(nickname) === '') return undefined;
  return asText(text) === '' ? undefined : { session, nickname: asNickname(nickname), text: asText(text) };
}

export function isSession(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** In another room nothing was said yet. */
export function withoutEntries(chat: Chat): Chat {
  return { ...chat, entries: [] };
}

/** `member` is here, or has changed room or name. */
export function withMember(chat: Chat, member: Member): Chat {
  return { ...chat, members: new Map(chat.members).set(member.session, member) };
}

/** Disconnected, nobody knows who is here. */
export function withoutMembers(chat: Chat): Chat {
  return { ...chat, members: new Map(), typing: new Map() };
}

/** The session is gone. */
export function withoutMember(chat: Chat, session: number): Chat {
  if (!chat.members.has(session)) return chat;
  return { ...chat, members: without(chat.members, session), typing: without(chat.typing, session) };
}

/** Something was said; whoever says it has stopped writing. */
export function withMessage(chat: Chat, message: Omit<Message, 'kind'>): Chat {
  const typing = without(chat.typing, message.session);
  return { ...withEntry(chat, { kind: 'message', ...message }), typing };
}

/** Something happened. */
export function withNotice(chat: Chat, text: string, at: Date): Chat {
  const notices = chat.notices + 1;
  // Messages have the keys above zero.
  return { ...withEntry(chat, { kind: 'notice', key: -notices, text, at }), notices };
}

function withEntry(chat: Chat, entry: Entry): Chat {
  return { ...chat, entries: [...chat.entries, entry].slice(-MAX_ENTRIES) };
}

/** The session is writing, if it is a member's. */
export function withTyping(chat: Chat, session: unknown, now: number): Chat {
  if (!isSession(session) || !chat.members.has(session)) return chat;
  return { ...chat, typing: new Map(chat.typing).set(session, now + TYPING_FADES) };
}

/** Nobody whose time is up is writing any more. */
export function withoutFaded(chat: Chat, now: number): Chat {
  if (![...chat.typing.values()].some((until) => until <= now)) return chat;
  return { ...chat, typing: new Map([...chat.typing].filter(([, until]) => until > now)) };
}

function without<V>(map: ReadonlyMap<number, V>, key: number): ReadonlyMap<number, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** Who is in `room`, by name. */
export function roster(chat: Chat, room: string): readonly Member[] {
  return [...chat.members.values()]
    .filter((member) => member.room === room)
    .sort((a, b) => a.nickname.localeCompare(b.nickname) || a.session - b.session);
}

export interface Room {
  readonly name: string;
  readonly members: number;
}

/** Every room that has members, the first room, and the one that this page is in. */
export function rooms(chat: Chat, own: string): readonly Room[] {
  const counts = new Map([
    [FIRST_ROOM, 0],
    [own, 0],
  ]);
  for (const { room } of chat.members.values()) counts.set(room, (counts.get(room) ?? 0) + 1);
  return [...counts]
    .map(([name, members]) => ({ name, members }))
    .sort(
      (a, b) => Number(b.name === FIRST_ROOM) - Number(a.name === FIRST_ROOM) || a.name.localeCompare(b.name),
    );
}

/** One line about who is writing in `room`. */
export function typingLine(chat: Chat, room: string): string {
  const names = roster(chat, room)
    .filter(({ session }) => chat.typing.has(session))
    .map(({ nickname }) => nickname);
  const [first = '', second = ''] = names;
  if (names.length === 0) return '';
  if (names.length === 1) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : 'Several people are typing…';
}

/** Whether `entry` goes on where `previous` stopped, so that the name need not be said again. */
export function continues(entry: Entry, previous: Entry | undefined): boolean {
  if (entry.kind !== 'message' || previous?.kind !== 'message') return false;
  return entry.session === previous.session && entry.at.getTime() - previous.at.getTime() < 180_000;
}

/** A colour for a member, the same on every page. */
export function hue(session: number): number {
  return (session * 137) % 360;
}
