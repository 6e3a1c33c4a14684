/** Words of the command line as values, and values as words. */
import { expect, test } from 'vitest';
import { duration, integer, moment, value } from '../src/io/words.ts';
import { harmless, toJson } from '../src/output/json.ts';
import { age, figure, milliseconds, size } from '../src/output/numbers.ts';
import { bare, styleFor } from '../src/output/style.ts';
import { table } from '../src/output/table.ts';

test.each<[string, number]>([
  ['500ms', 500],
  ['5s', 5000],
  ['1.5m', 90_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('%s is %i ms', (text, ms) => expect(duration(text)).toBe(ms));

test.each(['', '5', '-1s', '1e3s', '5 s', 's', '9999999999s'])('%j is no duration', (text) => {
  expect(() => duration(text)).toThrow('a duration such as 500ms');
});

test.each(['0', '11', '1.5', '', '1e1', ' 1'])('%j is no integer from 1 to 10', (text) => {
  expect(() => integer(1, 10)(text)).toThrow('an integer from 1 to 10');
});

test('a moment is a date or how long ago it was', () => {
  expect(moment('10m')).toEqual({ ago: 600_000 });
  expect(moment('2026-11-28T10:00:00Z')).toEqual({ at: new Date('2026-11-28T10:00:00Z') });
  expect(() => moment('yesterday')).toThrow('It must be a date');
});

test.each<[string, unknown]>([
  ['2', 2],
  ['-2.5', -2.5],
  ['"2"', '2'],
  ['hello', 'hello'],
  ['null', null],
  ['007', '007'],
  ['9007199254740993', 9007199254740993n],
  ['', ''],
])('the argument %j is %o', (word, expected) => expect(value(word)).toEqual(expected));

test('JSON has bytes and integers of any size, too', () => {
  const all = {
    bytes: new Uint8Array([1, 2]),
    big: 2n ** 63n,
    gone: undefined,
    list: [undefined, 'a'],
    empty: {},
  };
  expect(toJson(all)).toBe('{"bytes":"\\u0000AQI=","big":9223372036854775808,"list":[null,"a"],"empty":{}}');
  expect(toJson({ a: [1, { b: [] }] }, 2)).toBe(JSON.stringify({ a: [1, { b: [] }] }, undefined, 2));
});

test('text for a terminal cannot steer it', () => {
  expect(harmless('a\u001b[2J\u009b\u202eb\n\tc')).toBe('a\\u001b[2J\\u009b\\u202eb\n\tc');
});

test('numbers are short', () => {
  expect([0, 0.1234, 1.234, 12.34, 1234.5].map(figure)).toEqual(['0', '0.123', '1.23', '12.3', '1,235']);
  expect([0, 1023, 1536, 64 * 2 ** 20].map(size)).toEqual(['0 B', '1023 B', '1.5 KiB', '64 MiB']);
  expect([0, 200_000, 90_061_000].map(age)).toEqual(['0s', '3m 20s', '1d 1h']);
  expect(milliseconds(1500)).toBe('1.50 s');
});

test('a table is as wide as what is in it, and holds no line breaks of others', () => {
  const columns = [
    { title: 'NAME', cell: ({ name }: Row) => name },
    { title: 'N', cell: ({ n }: Row) => n, align: 'right' as const },
  ];
  const rows = [{ name: 'a\u0007', n: 1 }, { name: 'b' }];
  const text = table(columns, rows, styleFor(true, {}));
  expect(bare(text)).toBe('NAME     N\na\\u0007  1\nb        –');
  expect(styleFor(true, { NO_COLOR: '1' }).bold('x')).toBe('x');
});

interface Row {
  readonly name: string;
  readonly n?: number;
}
