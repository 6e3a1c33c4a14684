/** Payloads that any two clients should be able to exchange, and how clients differ in showing them. */
import type { Content, Notions } from './peers.ts';

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);

function nested(depth: number): unknown {
  let value: unknown = 'core';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value, level] : { in: value };
  return value;
}

/** By name: Args and Kwargs. */
export const PAYLOADS: Readonly<Record<string, Content>> = {
  nothing: { args: [], kwargs: {} },
  null: { args: [null], kwargs: {} },
  'nulls inside': { args: [null, [null], { a: null }], kwargs: { k: null } },
  'empty values': { args: ['', [], {}, false, 0], kwargs: { list: [], dict: {}, text: '' } },
  'only Kwargs': { args: [], kwargs: { a: 1, b: 'two' } },
  'Args and Kwargs': { args: [1, 'two', true], kwargs: { three: [3], four: { five: 5 } } },
  unicode: {
    args: ['Grüße', '日本語', '👩‍👩‍👧‍👦', 'e\u0301 is not \u00e9', '\u202eright to left', '\ud83d\ude00', '\uffff'],
    kwargs: { ключ: 'значение', '🔑': '🔒' },
  },
  'characters to escape': {
    args: ['"\\/\b\f\n\r\t', '\u0001\u001f\u007f', '\u2028\u2029', '</script>'],
    kwargs: { '"': '\\' },
  },
  nested: { args: [nested(40)], kwargs: { nested: nested(30) } },
  integers: {
    args: [
      23,
      24,
      127,
      128,
      255,
      256,
      32767,
      32768,
      65535,
      65536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
    ],
    kwargs: { largest: 2 ** 53 - 1, power: 2 ** 53 },
  },
  'negative integers': {
    args: [-1, -32, -33, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 32) - 1],
    kwargs: { least: -(2 ** 53) + 1 },
  },
  floats: { args: [0.5, -1.5, 0.1, 1 / 3, 1.7976931348623157e308, 5e-324, 1e300], kwargs: { pi: Math.PI } },
  binary: { args: [ALL_BYTES, new Uint8Array(0)], kwargs: { inside: { list: [ALL_BYTES.subarray(250)] } } },
  long: {
    args: ['x'.repeat(70_000), Array.from({ length: 1000 }, (_, index) => index)],
    kwargs: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`key${index}`, index])),
  },
};

/** The value as the client has it: with its own notion of bytes, and these as plain Uint8Arrays. */
export function as(make: Notions, value: unknown): unknown {
  if (value instanceof Uint8Array) {
    return make.bytesAreText ? `\0${Buffer.from(value).toString('base64')}` : Uint8Array.from(value);
  }
  if (Array.isArray(value)) return value.map((item) => as(make, item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, as(make, item)]));
}

/** The content as the client has it. */
export function contentAs(make: Notions, content: Content): Content {
  return as(make, content) as Content;
}

/** What a caller of that make gets for a result of that content. */
export function resultAs(make: Notions, content: Content): Content {
  const isNull = content.args.length === 1 && content.args[0] === null;
  const isNothing = make.resultOfNullIsNothing && isNull && Object.keys(content.kwargs).length === 0;
  return isNothing ? { args: [], kwargs: {} } : contentAs(make, content);
}
