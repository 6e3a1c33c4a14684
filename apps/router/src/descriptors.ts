/** File descriptors: how many this process may have, and what follows from that. Node has raised the limit as far as it may. */
import { readdirSync, readFileSync } from 'node:fs';

/** With fewer, there would be no room for clients once the program is loaded and listens. */
const LEAST = 40;
/** With fewer, the files of the program cannot be opened all at once. */
const PLENTY = 1024;
/** What the router needs besides its connections: listeners, the log, files, look-ups of names. */
const RESERVED = 16;

/** Such as "raise the limit with ulimit -n". */
const HOW = 'raise it with ulimit -n, LimitNOFILE= of systemd, or --ulimit nofile= of Docker';

/** How many descriptors the process may have; undefined where the system does not say. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Why nothing can be started with so few; undefined for a limit that will do. */
export function tooFew(limit: number | undefined): string | undefined {
  if (limit === undefined || limit >= LEAST) return undefined;
  return `the limit of open files is ${limit}, and the router needs ${LEAST} at the least; ${HOW}`;
}

/** True where the files of the program have to be opened one after another. */
export function areScarce(limit: number | undefined): limit is number {
  return limit !== undefined && limit < PLENTY;
}

/** How many connections there is room for; undefined where the system does not say. */
export function roomForConnections(limit: number | undefined = descriptorLimit()): number | undefined {
  if (limit === undefined) return undefined;
  try {
    return Math.max(1, limit - readdirSync('/proc/self/fd').length - RESERVED);
  } catch {
    return undefined;
  }
}

/** What to log of a limit that leaves less room than the limits of the configuration allow to one address. */
export function fewDescriptors(
  room: number | undefined,
  { connectionsPerAddress, handshakes }: { connectionsPerAddress: number; handshakes: number },
): Readonly<Record<string, string | number>> | undefined {
  const limit = descriptorLimit();
  const wanted = connectionsPerAddress + handshakes;
  if (limit === undefined || room === undefined || room >= wanted) return undefined;
  return { limit, connections: room, needed: limit - room + wanted, advice: HOW };
}
