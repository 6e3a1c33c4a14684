/** Reads what is in a tarball of npm: names and contents, without a program of the machine. */
import { gunzipSync } from 'node:zlib';

/** The size of a block of the format: a header, or a piece of a file (bytes). */
const BLOCK = 512;

/** Where a header keeps its fields: offset and length (bytes). */
const FIELDS = { name: [0, 100], size: [124, 12], type: [156, 1], prefix: [345, 155] } as const;

/**
 * The files of a package, by their paths in it.
 * @param packed the bytes of a `.tgz`
 */
export function filesOf(packed: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const tar = gunzipSync(packed);
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= tar.length && tar[at] !== 0;) {
    const field = (name: keyof typeof FIELDS): string => textOf(tar, at + FIELDS[name][0], FIELDS[name][1]);
    const size = parseInt(field('size'), 8);
    const contents = tar.subarray(at + BLOCK, at + BLOCK + size);
    const type = field('type');
    if (type === 'x') longName = /\d+ path=(.*)\n/.exec(Buffer.from(contents).toString('utf8'))?.[1];
    if (type === '0' || type === '') {
      const name = longName ?? [field('prefix'), field('name')].filter((part) => part !== '').join('/');
      // All files of a package are in one folder, `package/`.
      files.set(name.replace(/^[^/]+\//, ''), contents);
      longName = undefined;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A field of a header, which ends with the first zero or fills its place. */
function textOf(tar: Uint8Array, offset: number, length: number): string {
  const text = Buffer.from(tar.subarray(offset, offset + length)).toString('utf8');
  return text.replace(/\0.*$/s, '');
}
