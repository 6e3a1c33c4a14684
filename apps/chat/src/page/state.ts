/** The state of the chat (members, rooms, messages) and its transitions. */

import { MAX_TEXT } from '../common/limits.ts';

/** How a member presents itself to the others: its card. */
export interface Member {
  readonly session: number;
  readonly nickname: string;
  readonly room: string;
}

/** An entry of the log: a message of a member, or a notice. */
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
  /** All members of all rooms, including this page, by session. */
  readonly members: ReadonlyMap<number, Member>;
  readonly entries: readonly Entry[];
  /** The number of notices so far, which numbers the next. */
  readonly notices: number;
  /** The members who are typing, by session, with an expiry time. */
  readonly typing: ReadonlyMap<number, number>;
}

export const emptyChat: Chat = { members: new Map(), entries: [], notices: 0, typing: new Map() };

export const FIRST_ROOM = 'lobby';
export const MAX_NAME = 32;
const MAX_ENTRIES = 500;
export const TYPING_FADES = 4000;

/** `text` as a nickname; empty if no character is usable. */
export function asNickname(text: string): string {
  const visible = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
  return clip(visible.replaceAll(/\s+/g, ' ').trim(), MAX_NAME);
}

/** `text` as a room, which is one component of a URI; empty if no character is usable. */
export function asRoom(text: string): string {
  const component = asNickname(text)
    .toLowerCase()
    .replaceAll(/[\s.#/?&%]+/g, '_');
  return clip(component, MAX_NAME).replaceAll(/^_+|_+$/g, '');
}

/** `text` as a message; empty if there is nothing to show. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? clip(value.trim(), MAX_TEXT) : '';
}

/** Never splits a surrogate pair. */
function clip(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** The card in a payload, or undefined: any client may publish or call, so it has to be validated. */
export function readCard(card: unknown): Member | undefined {
  if (typeof card !== 'object' || card === null) return undefined;
  const { session, nickname, room } = card as Readonly<Record<string, unknown>>;
  if (!isSession(session) || typeof nickname !== 'string' || typeof room !== 'string') return undefined;
  if (asNickname(nickname) === '' || asRoom(room) !== room || room === '') return undefined;
  return { session, nickname: asNickname(nickname), room };
}

/** The message in a payload, or undefined. */
export function readMessage(said: unknown): Omit<Message, 'kind' | 'key' | 'at'> | undefined {
  if (typeof said !== 'object' || said === null) return undefined;
  const { session, nickname, text } = said as Readonly<Record<string, unknown>>;
  if (!isSession(session) || typeof nickname !== 'string' || asNickname(nickname) === '') return undefined;
  return asText(text) === '' ? undefined : { session, nickname: asNickname(nickname), text: asText(text) };
}

export function isSession(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

/** Another room begins with an empty log. */
export function withoutEntries(chat: Chat): Chat {
  return { ...chat, entries: [] };
}

/** Adds `member`, or updates its room or name. */
export function withMember(chat: Chat, member: Member): Chat {
  return { ...chat, members: new Map(chat.members).set(member.session, member) };
}

/** While disconnected, the members are unknown. */
export function withoutMembers(chat: Chat): Chat {
  return { ...chat, members: new Map(), typing: new Map() };
}

/** The session has left. */
export function withoutMember(chat: Chat, session: number): Chat {
  if (!chat.members.has(session)) return chat;
  return { ...chat, members: without(chat.members, session), typing: without(chat.typing, session) };
}

/** Adds a message; its author is no longer typing. */
export function withMessage(chat: Chat, message: Omit<Message, 'kind'>): Chat {
  const typing = without(chat.typing, message.session);
  return { ...withEntry(chat, { kind: 'message', ...message }), typing };
}

/** Adds a notice. */
export function withNotice(chat: Chat, text: string, at: Date): Chat {
  const notices = chat.notices + 1;
  // Messages have the keys above zero.
  return { ...withEntry(chat, { kind: 'notice', key: -notices, text, at }), notices };
}

function withEntry(chat: Chat, entry: Entry): Chat {
  return { ...chat, entries: [...chat.entries, entry].slice(-MAX_ENTRIES) };
}

/** Marks a member as typing. */
export function withTyping(chat: Chat, session: unknown, now: number): Chat {
  if (!isSession(session) || !chat.members.has(session)) return chat;
  return { ...chat, typing: new Map(chat.typing).set(session, now + TYPING_FADES) };
}

/** Removes expired typing marks. */
export function withoutFaded(chat: Chat, now: number): Chat {
  if (![...chat.typing.values()].some((until) => until <= now)) return chat;
  return { ...chat, typing: new Map([...chat.typing].filter(([, until]) => until > now)) };
}

function without<V>(map: ReadonlyMap<number, V>, key: number): ReadonlyMap<number, V> {
  const rest = new Map(map);
  rest.delete(key);
  return rest;
}

/** The members of `room`, by name. */
export function roster(chat: Chat, room: string): readonly Member[] {
  return [...chat.members.values()]
    .filter((member) => member.room === room)
    .sort((a, b) => a.nickname.localeCompare(b.nickname) || a.session - b.session);
}

export interface RoomState {
  readonly name: string;
  readonly members: number;
}

/** Every room that has members, the default room, and the current one. */
export function rooms(chat: Chat, own: string): readonly RoomState[] {
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

/** A line about the members who are typing in `room`. */
export function typingLine(chat: Chat, room: string): string {
  const names = roster(chat, room)
    .filter(({ session }) => chat.typing.has(session))
    .map(({ nickname }) => nickname);
  const [first = '', second = ''] = names;
  if (names.length === 0) return '';
  if (names.length === 1) return `${first} is typing…`;
  return names.length === 2 ? `${first} and ${second} are typing…` : 'Several people are typing…';
}

/** Whether `entry` continues `previous`, so that the name need not be repeated. */
export function continues(entry: Entry, previous: Entry | undefined): boolean {
  if (entry.kind !== 'message' || previous?.kind !== 'message') return false;
  return entry.session === previous.session && entry.at.getTime() - previous.at.getTime() < 180_000;
}

/** The colour of a member, the same on every page. */
export function hue(session: number): number {
  return (session * 137) % 360;
}
