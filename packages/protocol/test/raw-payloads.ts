/** Generators of payload bytes as other implementations may write them: every form of every value. */
import fc from 'fast-check';

/** A key that JavaScript would sort before others is none of these: dicts keep the order of their entries otherwise. */
const keyText = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toJSON', '', 'ÿ', '"\\', '\u0000x'),
  fc.string({ unit: 'binary', maxLength: 12 }).filter((text) => !/^-?\d+$/.test(text)),
  fc.constant('k'.repeat(300)),
);

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.constantFrom(
    '',
    '\u0000',
    '\u0000AA==',
    '\u007f\u2028',
    'é'.repeat(70),
    `${'x'.repeat(200)}"\n`,
    '\u{1F44D}',
  ),
);

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const encode = (string: string) => Buffer.from(string, 'utf8');

/** An unsigned number in so many bytes. */
function big(value: number | bigint, width: number): string {
  return BigInt.asUintN(8 * width, BigInt(value))
    .toString(16)
    .padStart(2 * width, '0');
}

const double = fc
  .oneof(
    fc.double(),
    fc.integer().map(Number),
    fc.maxSafeInteger().map(Number),
    fc.constantFrom(
      0,
      -0,
      2 ** 53,
      -(2 ** 53),
      2 ** 63,
      2 ** 32,
      -(2 ** 32) - 1,
      -(2 ** 31) - 1,
      1e21,
      NaN,
      Infinity,
      -Infinity,
    ),
  )
  .map((value) => {
    const view = Buffer.alloc(8);
    view.writeDoubleBE(value);
    return view.toString('hex');
  });
const single = fc.float().map((value) => {
  const view = Buffer.alloc(4);
  view.writeFloatBE(value);
  return view.toString('hex');
});
const word = fc.oneof(
  fc.bigInt(0n, 2n ** 64n - 1n),
  fc.constantFrom(
    0n,
    127n,
    2n ** 31n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ),
);

/** A list or dict of items in hexadecimal, of which a head tells the number. */
type Nest = (item: fc.Arbitrary<string>) => fc.Arbitrary<string>;

function nested(scalar: fc.Arbitrary<string>, ...nests: readonly Nest[]): fc.Arbitrary<string> {
  return fc.letrec<{ item: string }>((tie) => ({
    item: fc.oneof({ depthSize: 'small', maxDepth: 40 }, scalar, ...nests.map((nest) => nest(tie('item')))),
  })).item;
}

const few = { maxLength: 6 };
const some = { minLength: 14, maxLength: 40 };
const lists = (item: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 8, arbitrary: fc.array(item, few) }, fc.array(item, some));
const entries = (key: fc.Arbitrary<string>, item: fc.Arbitrary<string>) =>
  fc
    .oneof({ weight: 8, arbitrary: fc.array(fc.tuple(key, item), few) }, fc.array(fc.tuple(key, item), some))
    .map((all) => [...new Map(all).entries()])
    .map((all) => ({ count: all.length, text: all.map((entry) => entry.join('')).join(''), all }));

/* JSON */

const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => `\\u${code.toString(16).padStart(4, '0')}`);
const jsonString = fc
  .array(
    fc.oneof(
      text.map((plain) => JSON.stringify(plain).slice(1, -1)),
      fc.constantFrom('\\/', '\\b', '\\u0041', '\\ud83d\\uDc4d', '\\n'),
    ),
    { maxLength: 4 },
  )
  .map((parts) => `"${parts.join('')}"`);
const jsonScalar = fc.oneof(
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-0',
    '-0.0',
    '1e3',
    '1E-3',
    '1.5e+2',
    '9007199254740993',
    '-9007199254740992',
    '4294967296',
    '-4294967297',
    '-2147483649',
    '12345678901234567890',
    '1e400',
    '-1e-400',
    '0.1',
    '0.30000000000000004',
    '123456789012345678.5',
    '1.0',
    '5e-324',
    '1.7976931348623157e308',
    '0.000000000000000000000000000001',
    '100000000000000000000000e-2',
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc
    .tuple(fc.integer(), fc.nat(), fc.integer({ min: -30, max: 30 }))
    .map(([whole, rest, power]) => `${whole}.${rest}e${power}`),
  fc.maxSafeInteger().map(String),
  jsonString,
  fc.uint8Array({ maxLength: 40 }).map((bytes) => `"\\u0000${Buffer.from(bytes).toString('base64')}"`),
  fc.constantFrom(
    '"\\u0000AB=="',
    '"\\u0000A==="',
    '"\\u0000AAAA\\/\\/=="',
    '"\\u0000AAA"',
    '"\\u0000\\u0041AAA"',
  ),
);
/** A value that no binary format has a form for, now and then. */
const jsonHostile = fc.oneof(
  { weight: 200, arbitrary: jsonScalar },
  unit.map((escape) => `"${escape}"`),
);
const blank = fc.constantFrom('', '', '', ' ', '\n\t ');
const jsonList: Nest = (item) =>
  fc.tuple(lists(item), blank).map(([all, space]) => `[${space}${all.join(`${space},${space}`)}${space}]`);
const jsonDict: Nest = (item) =>
  fc
    .tuple(
      entries(
        keyText.map((key) => JSON.stringify(key)),
        item,
      ),
      blank,
    )
    .map(
      ([{ all }, space]) =>
        `{${space}${all.map(([key, value]) => `${key}${space}:${space}${value}`).join(`${space},`)}${space}}`,
    );

/** Args and Kwargs in JSON. */
export const rawJson: fc.Arbitrary<Uint8Array> = fc
  .tuple(jsonList(nested(jsonHostile, jsonList, jsonDict)), jsonDict(nested(jsonScalar, jsonList, jsonDict)))
  .map(([args, kwargs]) => new Uint8Array(encode(`${args} ,\t${kwargs}`)));

/* MessagePack */

function msgpackHead(count: number, first: number, limit: number, wide: string): string {
  return count < limit ? big(first + count, 1) : wide + big(count, 2);
}
const msgpackText = (string: string) => {
  const bytes = encode(string);
  return (bytes.length < 32 ? big(0xa0 + bytes.length, 1) : `da${big(bytes.length, 2)}`) + hexOf(bytes);
};
const msgpackInteger = fc.oneof(
  fc
    .integer({ min: 0, max: 255 })
    .map((byte) => (byte < 0x80 || byte >= 0xe0 ? big(byte, 1) : `cc${big(byte, 1)}`)),
  ...[1, 2, 4, 8].flatMap((width, index) =>
    [0xcc, 0xd0].map((code) => word.map((value) => big(code + index, 1) + big(value, width))),
  ),
);
const msgpackScalar = fc.oneof(
  fc.constantFrom('c0', 'c2', 'c3', 'd40000', 'c7010000'),
  msgpackInteger,
  double.map((value) => `cb${value}`),
  single.map((value) => `ca${value}`),
  text.map(msgpackText),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => `c4${big(bytes.length, 1)}${hexOf(bytes)}`),
  word.map((value) => `d6ff${big(value, 4)}`),
  fc
    .tuple(fc.integer({ min: 0, max: 999_999_999 }), fc.bigInt(0n, 2n ** 34n - 1n))
    .map(([nano, seconds]) => `d7ff${big((BigInt(nano) << 34n) | seconds, 8)}`),
  fc
    .tuple(word, fc.oneof(word, fc.bigInt(-(10n ** 13n), 10n ** 13n)))
    .map(([nano, seconds]) => `c70cff${big(nano, 4)}${big(seconds, 8)}`),
);
const msgpackKey = fc.oneof(
  { weight: 4, arbitrary: keyText.map(msgpackText) },
  fc.constantFrom(
    'ff',
    'd0fe',
    'd18000',
    'd380000000000000aa',
    'cf0020000000000001',
    'cfffffffffffffffff',
    'd2fffffff0',
  ),
);
const msgpackList: Nest = (item) =>
  lists(item).map((all) => msgpackHead(all.length, 0x90, 16, 'dc') + all.join(''));
const msgpackDict: Nest = (item) =>
  entries(msgpackKey, item).map(({ count, text: all }) => msgpackHead(count, 0x80, 16, 'de') + all);
const msgpackItem = nested(msgpackScalar, msgpackList, msgpackDict);
const msgpackKwargs: Nest = (item) =>
  entries(keyText.map(msgpackText), item).map(
    ({ count, text: all }) => msgpackHead(count, 0x80, 16, 'de') + all,
  );

/** Args and Kwargs in MessagePack. */
export const rawMsgpack: fc.Arbitrary<Uint8Array> = fc
  .tuple(msgpackList(msgpackItem), msgpackKwargs(msgpackItem))
  .map(([args, kwargs]) => new Uint8Array(Buffer.from(args + kwargs, 'hex')));

/* CBOR */

function cborHead(major: number, value: number | bigint, width?: number): string {
  const least = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
  const size = Math.max(least, width ?? 0);
  if (size === 0) return big((major << 5) | Number(value), 1);
  return big((major << 5) | (24 + Math.log2(size)), 1) + big(value, size);
}
const width = fc.constantFrom(0, 0, 0, 1, 2, 4, 8);
const cborText = (string: string) => cborHead(3, encode(string).length) + hexOf(encode(string));
const openText = fc.array(text, few).map((all) => `7f${all.map(cborText).join('')}ff`);
const cborBytes = fc.uint8Array({ maxLength: 40 }).map((bytes) => cborHead(2, bytes.length) + hexOf(bytes));
const bignum = fc.tuple(
  fc.constantFrom('c2', 'c3'),
  fc.oneof(
    cborBytes,
    word.map((value) => `48${big(value, 8)}`),
    fc.constantFrom('40', '4105', '5f4101420203ff', '4a00000000000000000001'),
  ),
);
const cborInteger = fc
  .tuple(fc.constantFrom(0, 1), word, width)
  .map(([major, value, size]) => cborHead(major, value, size));
const cborNumber = fc.oneof(
  cborInteger,
  fc
    .integer({ min: -100, max: 2 ** 31 })
    .map((value) => (value < 0 ? cborHead(1, -1 - value) : cborHead(0, value))),
  double.map((value) => `fb${value}`),
  single.map((value) => `fa${value}`),
  fc.integer({ min: 0, max: 0xffff }).map((half) => `f9${big(half, 2)}`),
);
const cborScalar = fc.oneof(
  fc.constantFrom('f4', 'f5', 'f6', 'f7'),
  cborNumber,
  text.map(cborText),
  openText,
  cborBytes,
  fc.array(cborBytes, few).map((all) => `5f${all.join('')}ff`),
  bignum.map((parts) => parts.join('')),
  bignum.map((parts) => `c1${parts.join('')}`),
  fc.oneof(cborNumber, cborBytes, fc.constantFrom('f6', 'c105', 'c163616263')).map((value) => `c1${value}`),
  fc
    .tuple(fc.constantFrom('d840', 'd82a', 'c0', 'd9d9f7', 'd820c1'), cborNumber)
    .map((parts) => parts.join('')),
);
const cborKey = fc.oneof(
  { weight: 4, arbitrary: keyText.map(cborText) },
  fc.constantFrom(
    '20',
    '3903e7',
    '1b0020000000000001',
    '1bffffffffffffffff',
    '3bffffffffffffffff',
    '7f61786179ff',
  ),
);
const cborList: Nest = (item) =>
  fc
    .tuple(lists(item), width, fc.boolean())
    .map(([all, size, open]) =>
      open ? `9f${all.join('')}ff` : cborHead(4, all.length, size) + all.join(''),
    );
const cborDict: Nest = (item) =>
  fc
    .tuple(entries(cborKey, item), width, fc.boolean())
    .map(([{ count, text: all }, size, open]) => (open ? `bf${all}ff` : cborHead(5, count, size) + all));
const cborTag: Nest = (item) =>
  fc.tuple(fc.constantFrom('d840', 'c1', 'd9d9f7', 'd9010b'), item).map((parts) => parts.join(''));
const cborItem = nested(cborScalar, cborList, cborDict, cborTag);
const cborKwargs: Nest = (item) =>
  entries(keyText.map(cborText), item).map(({ count, text: all }) => cborHead(5, count) + all);

/** Args and Kwargs in CBOR. */
export const rawCbor: fc.Arbitrary<Uint8Array> = fc
  .tuple(cborList(cborItem), cborKwargs(cborItem))
  .map(([args, kwargs]) => new Uint8Array(Buffer.from(args + kwargs, 'hex')));

/* Entries with the same key */

const sameKey = fc.oneof(
  fc.constantFrom('a', 'b', 'cd', '-1', '"', '\u0000'),
  fc.integer({ min: -30, max: -1 }).map(String),
);
const oftenSame = (item: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(fc.tuple(sameKey, item), { maxLength: 7 }) },
    fc.array(fc.tuple(sameKey, item), { minLength: 7, maxLength: 40 }),
  );
/** Something that every format has a form for. */
const plain = fc.constantFrom('01', '02', '03');
const kwargsOf = (dict: Nest, list: Nest) => dict(nested(plain, dict, list));
const args = (empty: string) => (all: string) => new Uint8Array(Buffer.from(empty + all, 'hex'));

/** Args and Kwargs in JSON, whose dicts have some keys twice. */
export const doubleJson: fc.Arbitrary<Uint8Array> = kwargsOf(
  (item) =>
    oftenSame(item).map(
      (all) =>
        `7b${all.map(([key, value]) => `${hexOf(encode(JSON.stringify(key)))}3a${value === '01' ? '31' : value === '02' ? '226122' : value === '03' ? '6e756c6c' : value}`).join('2c')}7d`,
    ),
  (item) =>
    lists(item).map((all) => `5b${all.map((value) => (value.length === 2 ? '30' : value)).join('2c')}5d`),
).map(args('5b5d2c'));

/** The same in MessagePack. */
export const doubleMsgpack: fc.Arbitrary<Uint8Array> = kwargsOf(
  (item) =>
    oftenSame(item).map(
      (all) =>
        msgpackHead(all.length, 0x80, 16, 'de') +
        all.map(([key, value]) => msgpackText(key) + value).join(''),
    ),
  msgpackList,
).map(args('90'));

/** The same in CBOR. */
export const doubleCbor: fc.Arbitrary<Uint8Array> = kwargsOf(
  (item) =>
    fc
      .tuple(oftenSame(item), fc.boolean())
      .map(
        ([all, open]) =>
          (open ? 'bf' : cborHead(5, all.length)) +
          all.map(([key, value]) => cborText(key) + value).join('') +
          (open ? 'ff' : ''),
      ),
  cborList,
).map(args('80'));
