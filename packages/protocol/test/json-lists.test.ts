/** Large dicts in the options of a JSON message: the same values as parsing the whole text gives. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { json, MessageType } from '@wamp/protocol';
import { readDict } from '../src/serializers/json-lists.ts';
import { parse } from '../src/serializers/json-values.ts';
import { utf8 } from './frames.ts';

/** Makes a dict large enough to be read without JSON.parse. */
const PADDING = `"padding": "${'x'.repeat(20_000)}"`;

function read(text: string): unknown {
  const bytes = utf8(text);
  return readDict(bytes, 0, bytes.length);
}

const blanks = fc.constantFrom('', ' ', '\n', '\t\r ');
const integer = fc.oneof(
  fc.nat().map(String),
  fc.maxSafeNat().map(String),
  fc.bigInt(10n ** 14n, 10n ** 18n).map(String),
);
const scalar = fc.oneof(
  integer,
  fc.constantFrom('0', '-0', '-1', '1.5', '1e3', '12E-2', 'null', 'true', '"1"', '[]', '[7]', '{}'),
);
const name = fc.oneof(
  fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((text) => JSON.stringify(text)),
  fc.stringMatching(/^[ -!#-[\]-~]{0,40}$/).map((text) => `"${text}"`),
);
const items = fc.oneof(
  fc.array(integer),
  fc.array(name),
  fc.array(fc.oneof({ weight: 9, arbitrary: integer }, scalar)),
  fc.array(fc.oneof({ weight: 9, arbitrary: name }, scalar, fc.constant('"é"'))),
);
const list = fc
  .tuple(items, blanks)
  .map(([each, blank]) => `[${blank}${each.join(`${blank},${blank}`)}${blank}]`);
const key = fc.oneof(
  fc.constantFrom('eligible', 'exclude', '__proto__', '', 'é', '\\u0000', '\\"', 'padding'),
  fc.string({ unit: 'binary-ascii', maxLength: 3 }).map((text) => JSON.stringify(text).slice(1, -1)),
);
const entry = fc.tuple(key, fc.oneof(list, scalar), blanks);

test('A2 a large dict has the entries that parsing the whole text gives', () => {
  fc.assert(
    fc.property(fc.array(entry), blanks, (entries, blank) => {
      const inner = entries.map(([name, value, after]) => `"${name}"${after}:${after}${value}${after}`);
      const text = `{${blank}${[...inner, PADDING, ...inner.slice(0, 1)].join(`,${blank}`)}${blank}}`;
      const found = read(text);
      const expected = parse(text);
      expect(found).toStrictEqual(expected);
      expect(Object.keys(found as object)).toEqual(Object.keys(expected as object));
    }),
  );
});

test('A2 PUBLISH.Options with a list of 60,000 ids', () => {
  const eligible = Array.from({ length: 60_000 }, (_, index) => Number.MAX_SAFE_INTEGER - index);
  const frame = utf8(JSON.stringify([MessageType.PUBLISH, 1, { eligible, acknowledge: true }, 'a.b', ['x']]));
  expect(json.decode(frame)).toMatchObject({ options: { eligible, acknowledge: true }, topic: 'a.b' });
});
