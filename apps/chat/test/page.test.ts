/** The logic of the page: messages of a room, day lines, markup, and what is read from the wire. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cut, MAX_TEXT } from '../src/common/limits.ts';
import { readTopic, topicOf } from '../src/common/topics.ts';
import { asText, authorOf, readContent, type Content } from '../src/page/content.ts';
import { partsOf } from '../src/page/markup.ts';
import { messagesOf, NEW_LOG, withEarlier, withEvent, type Entry } from '../src/page/room-log.ts';
import { dayLabel, timelineOf } from '../src/page/timeline.ts';

let publications = 0;
function entry(author: string, content: Content, at = new Date(2026, 4, 4, 12, 0)): Entry {
  publications += 1;
  return { publication: publications, author, at, content };
}
const text = (id: string, said: string): Content => ({ kind: 'text', id, text: said });

describe('messages of a room', () => {
  test('E4 an edit or a deletion counts only for messages of the same author', () => {
    const shown = messagesOf([
      entry('ada', text('1', 'hello')),
      entry('alan', { kind: 'edit', id: '2', of: '1', text: 'forged' }),
      entry('alan', { kind: 'delete', id: '3', of: '1' }),
      entry('alan', text('1', 'mine')),
      entry('ada', { kind: 'edit', id: '4', of: '1', text: 'hello again' }),
    ]);
    expect(shown).toMatchObject([
      { author: 'ada', text: 'hello again', edited: true, deleted: false },
      { author: 'alan', text: 'mine', edited: false },
    ]);
  });

  test('E4 a message that was sent twice counts once, and a deleted one stays deleted', () => {
    const shown = messagesOf([
      entry('ada', text('1', 'hello')),
      entry('ada', text('1', 'hello')),
      entry('ada', { kind: 'delete', id: '2', of: '1' }),
      entry('ada', { kind: 'edit', id: '3', of: '1', text: 'back' }),
      entry('ada', text('1', 'hello')),
    ]);
    expect(shown).toMatchObject([{ text: '', deleted: true }]);
  });

  test('E4 in whatever pieces a log is loaded while events come, it is whole, in order and without duplicates', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(fc.nat(60), { maxLength: 6 }),
        (count, size, cuts) => {
          const all = Array.from({ length: count }, (_, index) => entry('ada', text(String(index), 'x')));
          const begin = Math.min(count, cuts.length === 0 ? count : Math.max(...cuts));
          let log = NEW_LOG;
          for (const live of all.slice(begin)) log = withEvent(withEvent(log, live), live);
          // The first answer may contain events that have come meanwhile.
          let first = Math.max(0, count - size);
          log = withEarlier(log, all.slice(first), first === 0);
          while (first > 0) {
            const before = first;
            first = Math.max(0, first - size);
            log = withEarlier(log, all.slice(first, before), first === 0);
          }
          if (begin >= count - size) expect(log.entries).toEqual(all);
          expect(log.complete).toBe(true);
        },
      ),
    );
  });

  test('a long log drops its oldest events, which can be loaded again', () => {
    let log = withEarlier(NEW_LOG, [], true);
    for (let n = 0; n < 2001; n += 1) log = withEvent(log, entry('ada', text(String(n), 'x')));
    expect(log.entries).toHaveLength(2000);
    expect(log.complete).toBe(false);
  });
});

describe('day lines', () => {
  const now = new Date(2026, 4, 4, 18, 0);
  const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 4, day, hour, minute);

  test('each day has a line, and an author who goes on within minutes is named once', () => {
    const messages = messagesOf([
      entry('ada', text('1', 'x'), at(2, 12)),
      entry('ada', text('2', 'x'), at(3, 23, 59)),
      entry('ada', text('3', 'x'), at(4, 0, 0)),
      entry('ada', text('4', 'x'), at(4, 0, 4)),
      entry('ada', text('5', 'x'), at(4, 0, 9)),
      entry('alan', text('6', 'x'), at(4, 0, 10)),
    ]);
    const rows = timelineOf(messages, now).map((row) => (row.kind === 'day' ? row.label : row.continued));
    expect(rows).toEqual([
      expect.stringMatching(/^Saturday,? 2 May$/),
      false,
      'Yesterday',
      false,
      'Today',
      false,
      true,
      false,
      false,
    ]);
  });

  test('another year is named', () => {
    expect(dayLabel(new Date(2025, 11, 31), now)).toContain('2025');
  });
});

describe('markup', () => {
  test.each([
    ['plain', [['text', 'plain']]],
    [
      'see https://wamp-proto.org/.',
      [
        ['text', 'see '],
        ['link', 'https://wamp-proto.org/'],
        ['text', '.'],
      ],
    ],
    [
      '(https://a.example/b_(c))',
      [
        ['text', '('],
        ['link', 'https://a.example/b_(c)'],
        ['text', ')'],
      ],
    ],
    ['javascript:alert(1)', [['text', 'javascript:alert(1)']]],
    [
      'https://a.example/\u202Egnp.exe',
      [
        ['link', 'https://a.example/'],
        ['text', '\u202Egnp.exe'],
      ],
    ],
    [
      'a `b` c',
      [
        ['text', 'a '],
        ['code', 'b'],
        ['text', ' c'],
      ],
    ],
    ['`https://a.example/`', [['code', 'https://a.example/']]],
    [
      'a\n```js\nb\n\nc\n```\nd',
      [
        ['text', 'a\n'],
        ['block', 'b\n\nc'],
        ['text', 'd'],
      ],
    ],
    ['```\nunclosed', [['text', '```\nunclosed']]],
    ['``', [['text', '``']]],
    ['a\n\n\n\n\n\nb', [['text', 'a\n\n\nb']]],
  ])('%j', (said, parts) => {
    expect(partsOf(said).map(({ kind, text: part }) => [kind, part])).toEqual(parts);
  });

  test('an address may hold a long series of marks, and ends before those at its end', () => {
    const said = `https://a.example/${'.'.repeat(MAX_TEXT - 19)}x`;
    expect(partsOf(`${said}...`)).toEqual([
      { kind: 'link', text: said },
      { kind: 'text', text: '...' },
    ]);
  });

  test('no text is lost, and links are http or https', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('`', '\n', 'a', ' ', 'https://', ')', '.', 'javascript:') }),
        (said) => {
          const parts = partsOf(said);
          const plain = (from: string): string => from.replaceAll(/[`\s]/g, '');
          // A fence may name a language, which is not shown.
          if (!said.includes('```'))
            expect(plain(parts.map(({ text: part }) => part).join(''))).toBe(plain(said));
          for (const { kind, text: part } of parts) if (kind === 'link') expect(part).toMatch(/^https?:\/\//);
        },
      ),
    );
  });
});

describe('what is read from the wire', () => {
  const file = { id: 'f', name: 'a.png', type: 'image/png', size: 7 };

  test.each<[Record<string, unknown>, Content | undefined]>([
    [
      { kind: 'text', id: '1', text: 'x', author: 'ada' },
      { kind: 'text', id: '1', text: 'x' },
    ],
    [
      { kind: 'text', id: '1', text: '', file },
      { kind: 'text', id: '1', text: '', file },
    ],
    [
      { kind: 'edit', id: '2', of: '1', text: 'y' },
      { kind: 'edit', id: '2', of: '1', text: 'y' },
    ],
    [
      { kind: 'delete', id: '2', of: '1' },
      { kind: 'delete', id: '2', of: '1' },
    ],
    [{ kind: 'text', id: '1', text: '  ' }, undefined],
    [{ kind: 'text', id: '1', text: '\u200B\u3164\u202E\u2800' }, undefined],
    [
      { kind: 'text', id: '1', text: '', file: { ...file, name: '\u202Egnp.exe' } },
      { kind: 'text', id: '1', text: '', file: { ...file, name: 'gnp.exe' } },
    ],
    [
      { kind: 'text', id: '1', text: '', file: { ...file, name: '\u2066\u3164' } },
      { kind: 'text', id: '1', text: '', file: { ...file, name: 'file' } },
    ],
    [{ kind: 'text', id: '', text: 'x' }, undefined],
    [{ kind: 'text', id: '1', text: 'x'.repeat(MAX_TEXT + 1) }, undefined],
    [{ kind: 'text', id: '1', text: '', file: { ...file, size: 1e9 } }, undefined],
    [{ kind: 'text', id: '1', text: '', file: 'a.png' }, undefined],
    [{ kind: 'edit', id: '2', of: '1', text: ' ' }, undefined],
    [{ kind: 'delete', id: '2' }, undefined],
    [{ kind: 'other', id: '2' }, undefined],
  ])('%j', (kwargs, content) => {
    expect(readContent(kwargs)).toEqual(content);
  });

  test('anything that a client publishes is read, or refused, without an exception', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.anything()), (kwargs) => void readContent(kwargs)));
  });

  test('a text is sent without the space around it, and not at all if there is nothing to see', () => {
    expect(asText(' a\n')).toBe('a');
    expect(asText('👩\u200D💻')).toBe('👩\u200D💻');
    expect(asText('half \uD83D')).toBe('half \uFFFD');
    for (const nothing of ['', '\u200B', '\u3164\uFE0F', '\u2800 \u202E']) expect(asText(nothing)).toBe('');
  });

  test('E4 a name of a file is cut to its length, and never inside a character', () => {
    expect(cut(`${'x'.repeat(199)}😀.png`, 200)).toBe('x'.repeat(199));
    expect(cut('a.png', 200)).toBe('a.png');
  });

  test('E4 the author is whom the service names, and only the service can name another', () => {
    expect(authorOf('chat-service', { author: 'ada' })).toBe('ada');
    expect(authorOf('alan', { author: 'ada' })).toBe('alan');
    for (const author of [undefined, 'chat.service', 'Ada', 7])
      expect(authorOf('chat-service', { author })).toBeUndefined();
    expect(authorOf(undefined, { author: 'ada' })).toBeUndefined();
  });

  test('topics of rooms are read as they are made', () => {
    expect(readTopic(topicOf('a-b_1', 'typing'))).toEqual({ room: 'a-b_1', kind: 'typing' });
    for (const topic of ['chat.room.a.b.message', 'chat.room..message', 'chat.room.A.message', 'x']) {
      expect(readTopic(topic)).toBeUndefined();
    }
  });
});
