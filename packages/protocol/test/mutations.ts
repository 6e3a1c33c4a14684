/** Bytes broken in every way that chance knows. */
import type { Random } from './random.ts';

type Mutation = (bytes: Uint8Array, random: Random, corpus: readonly Uint8Array[]) => Uint8Array;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** Bytes with a meaning of their own in one of the formats. */
const TELLING = [
  0x00, 0x22, 0x2c, 0x5b, 0x5c, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0x9f, 0xbf, 0xc1, 0xc7, 0xd4, 0xd8, 0xdd, 0xdf,
  0xf9, 0xff,
];

const flipBit: Mutation = (bytes, random) => {
  const copy = new Uint8Array(bytes);
  const at = random.below(copy.length + 1);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
  return copy;
};
const setByte: Mutation = (bytes, random) => {
  const copy = new Uint8Array(bytes);
  copy[random.below(copy.length + 1)] = random.below(2) === 0 ? random.pick(TELLING) : random.below(256);
  return copy;
};
const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length + 1));
const insert: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const added = Array.from({ length: 1 + random.below(4) }, () => random.pick(TELLING));
  return joined(bytes.subarray(0, at), new Uint8Array(added), bytes.subarray(at));
};
const remove: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4)));
};
const duplicate: Mutation = (bytes, random) => {
  const at = random.below(bytes.length + 1);
  const end = at + random.below(bytes.length - at + 1);
  return joined(bytes.subarray(0, end), bytes.subarray(at, end), bytes.subarray(end));
};
const splice: Mutation = (bytes, random, corpus) => {
  const other = random.pick(corpus);
  return joined(
    bytes.subarray(0, random.below(bytes.length + 1)),
    other.subarray(random.below(other.length + 1)),
  );
};

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setByte,
  truncate,
  insert,
  remove,
  duplicate,
  splice,
];

/** One of the corpus after one to three mutations. */
export function mutate(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = random.pick(corpus);
  for (let count = 1 + random.below(3); count > 0; count -= 1)
    bytes = random.pick(MUTATIONS)(bytes, random, corpus);
  return bytes;
}
