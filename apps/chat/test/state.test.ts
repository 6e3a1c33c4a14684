/** What the chat knows, and how it changes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  asNickname,
  asRoom,
  asText,
  continues,
  emptyChat,
  hue,
  MAX_NAME,
  readCard,
  readMessage,
  rooms,
  roster,
  typingLine,
  withMember,
  withMessage,
  withNotice,
  withoutEntries,
  withoutMembers,
  withoutFaded,
  withoutMember,
  withTyping,
  TYPING_FADES,
  type Member,
} from '../src/page/state.ts';
import { MAX_TEXT } from '../src/common/limits.ts';

const at = new Date(0);
const ada: Member = { session: 1, nickname: 'Ada', room: 'lobby' };
const bob: Member = { session: 2, nickname: 'Bob', room: 'lobby' };
const cid: Member = { session: 3, nickname: 'Cid', room: 'attic' };
const full = [ada, bob, cid].reduce(withMember, emptyChat);
const hello = { key: 7, session: 1, nickname: 'Ada', text: 'hello', at };

describe('names', () => {
  test.each([
    ['  Ada   Lovelace ', 'Ada Lovelace'],
    ['a\u0000b\u202Ec', 'a b c'],
    ['\u200B \n', ''],
    ['x'.repeat(100), 'x'.repeat(MAX_NAME)],
  ])('the nickname of %j is %j', (text, nickname) => {
    expect(asNickname(text)).toBe(nickname);
  });

  test.each([
    ['Tea Time', 'tea_time'],
    ['a.b#c/d?e&f', 'a_b_c_d_e_f'],
    ['Комната', 'комната'],
    ['..', ''],
    ['', ''],
  ])('the room of %j is %j', (text, room) => {
    expect(asRoom(text)).toBe(room);
  });

  test('a room is always one component of a URI, and stays itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const room = asRoom(text);
        expect(room).not.toMatch(/[\s.#]/);
        expect(room.length).toBeLessThanOrEqual(MAX_NAME);
        expect(() => encodeURIComponent(room)).not.toThrow();
        expect(asRoom(room)).toBe(room);
      }),
    );
  });

  test('a text is cut to its length, and never inside a character', () => {
    expect(asText(' hi ')).toBe('hi');
    expect(asText(42)).toBe('');
    const cut = asText('x'.repeat(MAX_TEXT - 1) + '😀');
    expect(cut).toBe('x'.repeat(MAX_TEXT - 1));
  });
});

describe('payloads of others', () => {
  test('a card is read, its name cleaned', () => {
    expect(readCard({ session: 5, nickname: ' Eve ', room: 'lobby', more: true })).toEqual({
      session: 5,
      nickname: 'Eve',
      room: 'lobby',
    });
  });

  test.each([
    undefined,
    null,
    'card',
    {},
    { session: 0, nickname: 'Eve', room: 'lobby' },
    { session: 1.5, nickname: 'Eve', room: 'lobby' },
    { session: 1, nickname: ' ', room: 'lobby' },
    { session: 1, nickname: 'Eve', room: 'Not A Room' },
    { session: 1, nickname: 'Eve', room: '' },
    { session: 1, nickname: ['Eve'], room: 'lobby' },
  ])('%j is no card', (value) => {
    expect(readCard(value)).toBeUndefined();
  });

  test('a message is read only when it says something', () => {
    const said = { session: 5, nickname: 'Eve', text: ' hello ' };
    expect(readMessage(said)).toEqual({ session: 5, nickname: 'Eve', text: 'hello' });
    expect(readMessage({ ...said, text: '  ' })).toBeUndefined();
    expect(readMessage({ ...said, text: { html: '<b>' } })).toBeUndefined();
    expect(readMessage({ ...said, session: 'x' })).toBeUndefined();
    expect(readMessage(null)).toBeUndefined();
  });

  test('nothing that arrives makes reading throw', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readCard(value);
        readMessage(value);
      }),
    );
  });
});

describe('members', () => {
  test('the roster is of one room, by name', () => {
    expect(roster(full, 'lobby')).toEqual([ada, bob]);
    expect(roster(full, 'attic')).toEqual([cid]);
    expect(roster(full, 'cellar')).toEqual([]);
  });

  test('who moves is in the other room only', () => {
    const moved = withMember(full, { ...bob, room: 'attic' });
    expect(roster(moved, 'lobby')).toEqual([ada]);
    expect(roster(moved, 'attic').map(({ nickname }) => nickname)).toEqual(['Bob', 'Cid']);
  });

  test('who leaves is gone, and not writing any more', () => {
    const left = withoutMember(withTyping(full, 2, 0), 2);
    expect(roster(left, 'lobby')).toEqual([ada]);
    expect(typingLine(left, 'lobby')).toBe('');
    expect(withoutMember(left, 2)).toBe(left);
  });

  test('disconnected, only what was said is left', () => {
    const alone = withoutMembers(withMessage(full, hello));
    expect(roster(alone, 'lobby')).toEqual([]);
    expect(alone.entries).toHaveLength(1);
  });

  test('rooms are those with members, the first room and the own one', () => {
    expect(rooms(full, 'cellar')).toEqual([
      { name: 'lobby', members: 2 },
      { name: 'attic', members: 1 },
      { name: 'cellar', members: 0 },
    ]);
  });

  test('a member keeps its colour', () => {
    expect(hue(2 ** 53 - 1)).toBe(hue(2 ** 53 - 1));
    expect(hue(7)).toBeLessThan(360);
  });
});

describe('the log', () => {
  test('keeps what was said and what happened, in order and with keys of their own', () => {
    const chat = withNotice(withNotice(withMessage(full, hello), 'Bob left', at), 'Bob joined', at);
    expect(chat.entries.map(({ text }) => text)).toEqual(['hello', 'Bob left', 'Bob joined']);
    expect(new Set(chat.entries.map(({ key }) => key)).size).toBe(3);
    expect(withoutEntries(chat).entries).toEqual([]);
  });

  test('does not grow for ever', () => {
    let chat = emptyChat;
    for (let key = 1; key <= 600; key += 1) chat = withMessage(chat, { ...hello, key });
    expect(chat.entries).toHaveLength(500);
    expect(chat.entries.at(-1)?.key).toBe(600);
  });

  test('a name is said again after somebody else, a notice, or a while', () => {
    const first = { kind: 'message', ...hello } as const;
    expect(continues({ ...first, at: new Date(1000) }, first)).toBe(true);
    expect(continues({ ...first, session: 2 }, first)).toBe(false);
    expect(continues({ ...first, at: new Date(600_000) }, first)).toBe(false);
    expect(continues(first, { kind: 'notice', key: -1, text: 'Bob left', at })).toBe(false);
    expect(continues(first, undefined)).toBe(false);
  });
});

describe('who is typing', () => {
  test('is told by name, up to two', () => {
    const one = withTyping(full, 1, 0);
    expect(typingLine(one, 'lobby')).toBe('Ada is typing…');
    expect(typingLine(one, 'attic')).toBe('');
    const two = withTyping(one, 2, 0);
    expect(typingLine(two, 'lobby')).toBe('Ada and Bob are typing…');
    const many = withTyping(withMember(two, { ...cid, room: 'lobby' }), 3, 0);
    expect(typingLine(many, 'lobby')).toBe('Several people are typing…');
  });

  test('ends with the message, and with time', () => {
    const typing = withTyping(full, 1, 0);
    expect(typingLine(withMessage(typing, hello), 'lobby')).toBe('');
    expect(withoutFaded(typing, TYPING_FADES - 1)).toBe(typing);
    expect(typingLine(withoutFaded(typing, TYPING_FADES), 'lobby')).toBe('');
  });

  test('is of no interest for strangers', () => {
    expect(withTyping(full, 99, 0)).toBe(full);
    expect(withTyping(full, 'Ada', 0)).toBe(full);
  });
});
