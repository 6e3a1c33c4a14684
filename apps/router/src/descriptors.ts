/**
 * File descriptors: the limit of this process, and how many connections it allows. Node has already raised the soft
 * limit.
 */
import { readdirSync, readFileSync } from 'node:fs';

/** The minimum with which the router can load, listen and accept clients. */
const LEAST = 40;
/** The minimum for opening the files of the program at the same time. */
const PLENTY = 1024;
/** Reserved for listeners, the log, files and name resolution. */
const RESERVED = 16;

/** Such as "raise the limit with ulimit -n". */
const HOW = 'raise it with ulimit -n, LimitNOFILE= of systemd, or --ulimit nofile= of Docker';

/** The limit of open descriptors; undefined if the system does not report it. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Why the router cannot start with this limit; undefined if it can. */
export function tooFew(limit: number | undefined): string | undefined {
  if (limit === undefined || limit >= LEAST) return undefined;
  return `the limit of open files is ${limit}, and the router needs ${LEAST} at the least; ${HOW}`;
}

/** True if the files of the program have to be opened one after another. */
export function areScarce(limit: number | undefined): limit is number {
  return limit !== undefined && limit < PLENTY;
}

/** The number of connections that the limit allows; undefined if it is unknown. */
export function roomForConnections(limit: number | undefined = descriptorLimit()): number | undefined {
  if (limit === undefined) return undefined;
  try {
    return Math.max(1, limit - readdirSync('/proc/self/fd').length - RESERVED);
  } catch {
    return undefined;
  }
}

/** The warning if the limit allows fewer connections than the configuration allows to one address. */
export function fewDescriptors(
  room: number | undefined,
  { connectionsPerAddress, handshakes }: { connectionsPerAddress: number; handshakes: number },
): Readonly<Record<string, string | number>> | undefined {
  const limit = descriptorLimit();
  const wanted = connectionsPerAddress + handshakes;
  if (limit === undefined || room === undefined || room >= wanted) return undefined;
  return { limit, connections: room, needed: limit - room + wanted, advice: HOW };
}
