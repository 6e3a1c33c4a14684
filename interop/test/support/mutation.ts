/** What was a message, and is nearly one: as bytes, or as the list that it is. */
import type { Random } from './random.ts';

/** Bytes that mean something in a binary format: heads of lists, lengths, floats, extensions, tags. */
const TELLING_BINARY = [
  ...Buffer.from('00017f80818f9091c1c4c6c7cbcfd4d7d8dbdddfc0d9e0fbff1b1c1d3b405f609f5bbfa0', 'hex'),
];
/** Characters that mean something in JSON. */
const TELLING_TEXT = [...Buffer.from('[]{},:"\\/u0019.-+eE tfn\n')];

/** What a mutation may draw on. */
export interface Source {
  readonly random: Random;
  /** Lend pieces of themselves. */
  readonly others: readonly Buffer[];
  /** True for UTF-8, which a single high byte spoils: text is refused for it before anyone reads the text. */
  readonly text: boolean;
}

type Mutation = (bytes: Buffer, source: Source) => Buffer;

function anyByte({ random, text }: Source): number {
  if (random.oneIn(2)) return random.pick(text ? TELLING_TEXT : TELLING_BINARY);
  return random.below(text && !random.oneIn(8) ? 128 : 256);
}

const flipBits: Mutation = (bytes, { random, text }) => {
  const copy = Buffer.from(bytes);
  for (let times = random.oneIn(2) ? 1 : 4; times > 0 && copy.length > 0; times -= 1) {
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(text && !random.oneIn(8) ? 7 : 8));
  }
  return copy;
};

const truncate: Mutation = (bytes, { random }) => bytes.subarray(0, random.below(bytes.length + 1));

const remove: Mutation = (bytes, { random }) => {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]);
};

const insert: Mutation = (bytes, source) => {
  const at = source.random.below(bytes.length + 1);
  const fresh = Buffer.from(Array.from({ length: 1 + source.random.below(8) }, () => anyByte(source)));
  return Buffer.concat([bytes.subarray(0, at), fresh, bytes.subarray(at)]);
};

const replace: Mutation = (bytes, source) => {
  const copy = Buffer.from(bytes);
  if (copy.length > 0) copy[source.random.below(copy.length)] = anyByte(source);
  return copy;
};

const repeat: Mutation = (bytes, { random }) => {
  const from = random.below(bytes.length + 1);
  const piece = bytes.subarray(from, from + 1 + random.below(16));
  const at = random.below(bytes.length + 1);
  const times = random.oneIn(20) ? 200 : 1 + random.below(3);
  return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(piece), bytes.subarray(at)]);
};

const splice: Mutation = (bytes, { random, others }) => {
  const other = random.pick(others);
  return Buffer.concat([
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  ]);
};

const MUTATIONS: readonly Mutation[] = [
  flipBits,
  flipBits,
  flipBits,
  flipBits,
  truncate,
  remove,
  insert,
  insert,
  replace,
  replace,
  repeat,
  splice,
  splice,
];

/** Changes `bytes` in one to three ways. */
export function mutated(bytes: Buffer, source: Source): Buffer {
  let result = bytes;
  for (let times = source.random.oneIn(4) ? 3 : 1; times > 0; times -= 1) {
    result = source.random.pick(MUTATIONS)(result, source);
  }
  return result;
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** Values of every type, and those at the edges of what is allowed. */
const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, 2, -1, 1.5, 2 ** 32, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 1e300],
  ...[
    '',
    ' ',
    '.',
    '..',
    'a..b',
    'wamp',
    'wamp.session.count',
    '__proto__',
    'constructor',
    '☃',
    'x'.repeat(600),
  ],
  ...['com.example.topic', 'com.example.procedure', 'prefix', 'wildcard', 'kill', 'roundrobin', 'last'],
  ...[[], {}, [[]], [1, 'a'], [null], { match: 'prefix' }, { roles: {} }, Uint8Array.of(0, 255)],
  ...[nested(10), nested(97)],
];

/** A value to stand in for `before`: mostly one of its type, so that it is not refused for that. */
function another(before: unknown, random: Random): unknown {
  const alike = VALUES.filter((value) => kindOf(value) === kindOf(before));
  return random.pick(alike.length === 0 || random.oneIn(4) ? VALUES : alike);
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : value instanceof Uint8Array ? 'bytes' : typeof value;
}

/** Keys of options that some message knows. */
const KEYS = [
  ...[
    'acknowledge',
    'exclude_me',
    'disclose_me',
    'eligible',
    'exclude',
    'exclude_authid',
    'eligible_authrole',
  ],
  ...[
    'match',
    'invoke',
    'get_retained',
    'retain',
    'receive_progress',
    'progress',
    'timeout',
    'mode',
    'roles',
  ],
  ...['ppt_scheme', 'ppt_serializer', 'authmethods', 'authid', 'forward_timeout', '__proto__', 'x_unknown'],
];

/** The same message with one to three values that are others, wrong, missing or too many. */
export function distorted(list: readonly unknown[], random: Random): readonly unknown[] {
  const copy = [...list];
  for (let times = random.oneIn(3) ? 3 : 1; times > 0; times -= 1) {
    // The type of the message seldom: most types are no client's.
    const at = random.oneIn(10) ? 0 : 1 + random.below(copy.length);
    const before = copy[at];
    const dice = random.below(20);
    if (dice === 0) copy.splice(at, 1);
    else if (dice === 1) copy.splice(at, 0, random.pick(VALUES));
    else if (kindOf(before) === 'object' && before !== null) {
      const key = random.pick(KEYS);
      const old: unknown = Reflect.get(before as object, key);
      copy[at] = Object.fromEntries([
        ...Object.entries(before as object),
        [key, another(old ?? true, random)],
      ]);
    } else if (at < copy.length) copy[at] = another(before, random);
  }
  return copy;
}
