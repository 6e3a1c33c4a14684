/** YAML that costs more than it says, and YAML that means something else elsewhere (threat 33). */
import { describe, expect, test } from 'vitest';
import { readYaml } from '../src/config/yaml.ts';

const MIB = 2 ** 20;

function read(text: string): unknown {
  const { value, faults } = readYaml(text, {});
  return faults.length === 0
    ? value
    : faults.map(({ position: { line, column }, text: what }) => [line, column, what]);
}

const nineLevels = Array.from({ length: 9 }, (_, level) => {
  const below = level === 0 ? '*zero' : `*level${level - 1}`;
  return `level${level}: &level${level} [${Array.from({ length: 9 }, () => below).join(', ')}]\n`;
});

describe('threat 33: bombs are refused with their place', () => {
  const tooLong = 'the file goes on for too long: it holds too many values';
  const tooDeep = 'is nested too deep';
  const tooMany = 'is one anchor or alias too many';

  test.each<[name: string, text: string, line: number, column: number, what: string]>([
    ['nine levels of aliases', `zero: &zero [1, 1]\n${nineLevels.join('')}`, 3, 18, tooMany],
    ['100,000 merges', `a: &a {x: 1}\nb:\n${'  <<: *a\n'.repeat(100_000)}`, 102, 7, tooMany],
    ['1 MiB of aliases', `a: &a 1\nb: [${'*a,'.repeat(MIB / 3)}]`, 2, 302, tooMany],
    ['1 MiB of anchors', '- &a b\n'.repeat(MIB / 7), 101, 3, tooMany],
    ['an alias of much', `a: &a [${'1,'.repeat(12_000)}]\nb: [${'*a,'.repeat(9)}]`, 1, 0, 'is too much'],
    ['an alias of itself', 'a: &a [*a]', 1, 8, tooDeep],
    ['1 MiB of tags', '- !a b\n'.repeat(MIB / 7), 1, 3, 'has a tag, expected plain values'],
    ['1 MiB of keys', Array.from({ length: MIB / 8 }, (_, n) => `k${n}:\n`).join(''), 0, 0, tooLong],
    ['1 MiB of values', `[${'1,'.repeat(MIB / 2)}]`, 1, 0, tooLong],
    ['1 MiB of nothing', '\n'.repeat(MIB), 50_001, 1, tooLong],
    ['1 MiB of comments', '#\n'.repeat(MIB / 2), 25_001, 1, tooLong],
    ['1 MiB of documents', '---\n'.repeat(MIB / 4), 25_000, 4, tooLong],
    ['brackets in brackets', '['.repeat(20_000), 1, 52, tooDeep],
    ['braces in braces', '{a: '.repeat(5000), 1, 202, tooDeep],
    ['lists in lists', '- '.repeat(20_000), 1, 103, tooDeep],
    ['questions in questions', '? '.repeat(20_000), 1, 103, tooDeep],
    [
      'indents in indents',
      Array.from({ length: 100 }, (_, n) => `${' '.repeat(n)}a:\n`).join(''),
      51,
      51,
      tooDeep,
    ],
  ])('%s', (_, text, line, column, what) => {
    const [[atLine, atColumn, said] = [], ...more] = read(text) as [number, number, string][];
    expect(more).toEqual([]);
    expect(said).toContain(what);
    if (line > 0) expect(atLine).toBe(line);
    if (column > 0) expect(atColumn).toBe(column);
  });

  test('1 MiB of text is one value', () => {
    expect(read(`a: ${'x'.repeat(MIB)}`)).toEqual({ a: 'x'.repeat(MIB) });
  });
});

describe('values are what the core schema says', () => {
  test.each<[text: string, value: unknown]>([
    ['yes', 'yes'],
    ['on', 'on'],
    ['true', true],
    ['~', null],
    ['0o17', 15],
    ['017', 17],
    ['0x1F', 31],
    ['1_000', '1_000'],
    ['12:30:00', '12:30:00'],
    ['2026-11-23', '2026-11-23'],
    ['"12"', '12'],
    ['=', '='],
  ])('%s', (text, value) => {
    expect(read(text)).toEqual(value);
    expect(read(`%YAML 1.1\n---\n${text}`)).toEqual(value);
  });

  test('keys are texts, and may be called anything', () => {
    expect(read('1: a\ntrue: b\n~: c\ntoString: d\nhasOwnProperty: e\n<<: f\n')).toEqual({
      1: 'a',
      true: 'b',
      '~': 'c',
      toString: 'd',
      hasOwnProperty: 'e',
      '<<': 'f',
    });
  });

  test('anchors may be used again', () => {
    expect(read('a: &a { x: 1 }\nb: *a\nc: [*a, *a]\n')).toEqual({
      a: { x: 1 },
      b: { x: 1 },
      c: [{ x: 1 }, { x: 1 }],
    });
  });

  test('a byte order mark and either line ending are fine', () => {
    expect(read('\uFEFFa: 1\r\nb: 2\r\n')).toEqual({ a: 1, b: 2 });
  });
});
