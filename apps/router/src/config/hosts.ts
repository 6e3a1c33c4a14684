/** Names of hosts, as far as their form goes. */
import { isIP } from 'node:net';

/** An IP address, or a name. Numbers such as `0` or `127.1` are neither, though some systems take them for addresses. */
export function isHost(text: string): boolean {
  if (text === '' || isIP(text) !== 0) return true; // nothing at all is told as such
  const labels = text.replace(/\.$/, '').split('.');
  const last = labels.at(-1) ?? '';
  return (
    text.length <= 254 &&
    labels.every((label) => /^[\p{L}\p{N}_](?:[\p{L}\p{N}\p{M}_-]{0,61}[\p{L}\p{N}\p{M}_])?$/u.test(label)) &&
    !/^(?:\d+|0x[\da-f]*)$/i.test(last)
  );
}
