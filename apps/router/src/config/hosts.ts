/** Where one can listen: names of hosts, and paths of Unix domain sockets, as far as their form goes. */
import { isIP } from 'node:net';
import type { z } from 'zod';
import { text } from './kinds.ts';

/** An IP address, or a name. Numbers such as `0` or `127.1` are neither, though some systems take them for addresses. */
export function isHost(name: string): boolean {
  if (name === '' || isIP(name) !== 0) return true; // nothing at all is told as such
  const labels = name.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  return (
    name.length <= 254 &&
    labels.every((label) => /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]{0,61}[\p{L}\p{N}\p{M}_])?$/u.test(label)) &&
    !/^(?:\d+|0x[\da-f]*)$/i.test(last)
  );
}

/** The longest path of a Unix domain socket that the system takes (bytes); it keeps one more for the end. */
const LONGEST_UNIX = process.platform === 'darwin' ? 103 : 107;

/** The path of a Unix domain socket. */
export function unixPath(): z.ZodType<string, string> {
  return text('a path').refine((path) => Buffer.byteLength(path) <= LONGEST_UNIX, {
    message: `the path is too long for a Unix domain socket, expected ${LONGEST_UNIX} bytes at the most`,
  });
}
