/** The syntax of addresses to listen on: host names, IP addresses, and paths of Unix domain sockets. */
import { isIP } from 'node:net';
import type { z } from 'zod';
import { text } from './kinds.ts';

/**
 * An IP address or a host name. Numbers such as `0` or `127.1` are neither, though some systems accept them as
 * addresses.
 */
export function isHost(name: string): boolean {
  if (name === '' || isIP(name) !== 0) return true; // an empty value has its own message
  const labels = name.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  return (
    name.length <= 254 &&
    labels.every((label) => /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]{0,61}[\p{L}\p{N}\p{M}_])?$/u.test(label)) &&
    !/^(?:\d+|0x[\da-f]*)$/i.test(last)
  );
}

/** The maximum length of a socket path in bytes, without the terminating zero. */
const LONGEST_UNIX = process.platform === 'darwin' ? 103 : 107;

/** The path of a Unix domain socket. */
export function unixPath(): z.ZodType<string, string> {
  return text('a path').refine((path) => Buffer.byteLength(path) <= LONGEST_UNIX, {
    message: `the path is too long for a Unix domain socket, expected ${LONGEST_UNIX} bytes at the most`,
  });
}
