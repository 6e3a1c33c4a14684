/** Long pieces of messages, made once for all sessions of a process. */

const MIB = 1024 * 1024;
/** The maximum length: messages may have 1 MiB, of which some bytes are needed before such a piece. */
const LONGEST = MIB - 4096;

function once(make: () => string): () => Buffer {
  let made: Buffer | undefined;
  return () => (made ??= Buffer.from(make()));
}

/** As many of `item` as fit into a message, with commas in between. */
function filled(item: string, bytes = LONGEST): string {
  return Array.from({ length: Math.floor(bytes / (item.length + 1)) }, () => item).join(',');
}

const NESTED = `${'['.repeat(94)}${']'.repeat(94)}`;

/** Each is `,["xxxx…"]]`: the arguments and the end of a message. */
export const TEXT_1M: () => Buffer = once(() => `,["${'x'.repeat(1_000_000)}"]]`);
export const TEXT_64K: () => Buffer = once(() => `,["${'x'.repeat(65_000)}"]]`);
/** 330,000 empty dicts: 20 times as much memory once decoded. */
export const DICTS: () => Buffer = once(() => `,[${filled('{}')}]]`);
/** Many lists, each nested as deeply as is permitted. */
export const NESTS: () => Buffer = once(() => `,[${filled(NESTED)}]]`);
/** Numbers that take longer to read than to send. */
export const NUMBERS: () => Buffer = once(() => `,[${filled('1.5e-7')}]]`);
/** A string of which each character is escaped. */
export const ESCAPES: () => Buffer = once(() => `,["${'\\u00e9'.repeat(170_000)}"]]`);
/** 130,000 ids, as numbers. */
export const IDS: () => Buffer = once(() =>
  Array.from({ length: 130_000 }, (_, index) => 1e6 + index).join(','),
);
/** 100,000 names. */
export const NAMES: () => Buffer = once(() =>
  Array.from({ length: 100_000 }, (_, index) => `"r${index}"`).join(','),
);
/** 250,000 names of one letter. */
export const LETTERS: () => Buffer = once(() => filled('"a"', 1_000_000));

/** The longest URI: 512 bytes in 64 components. @param first up to four components, the last of which is filled up */
export function longUri(first: string): string {
  const rest = Array.from({ length: 60 }, () => 'abcdefg').join('.');
  return `${first.padEnd(512 - rest.length - 1, 'z').slice(0, 512 - rest.length - 1)}.${rest}`;
}
