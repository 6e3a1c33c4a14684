/** A kind of attack: what a session does for some seconds, with legal messages only. */
import { sleep } from '../../sleep.ts';
import type { Link } from '../link.ts';
import type { Random } from '../random.ts';

/** The session that attacks. */
export interface Hostile {
  readonly link: Link;
  readonly random: Random;
  /** Its number among all hostile sessions, for URIs of its own. */
  readonly number: number;
  /** Scales what is sent, 0 … 1: 1 is the whole attack, less is for tests. */
  readonly scale: number;
}

/** Runs the attack once. It ends early when the session ends. */
export type Kind = (hostile: Hostile) => Promise<void>;

/** The number `whole` of a full attack, reduced by the scale; at least 1. */
export function some(hostile: Hostile, whole: number): number {
  return Math.max(1, Math.round(whole * hostile.scale));
}

/** Sends messages by the thousand, as fast as the router takes them. */
export async function flood(link: Link, total: number, message: (index: number) => string): Promise<void> {
  const AT_ONCE = 1000;
  for (let from = 0; from < total && !link.isOver; from += AT_ONCE) {
    const size = Math.min(AT_ONCE, total - from);
    link.sendAll(Array.from({ length: size }, (_, index) => message(from + index)));
    await link.drained();
  }
}

/** Waits for some seconds, or until the session ends. */
export async function wait(link: Link, seconds: number): Promise<void> {
  for (let waited = 0; waited < seconds && !link.isOver; waited += 0.05) await sleep(0.05);
}

/** Reads at about the given rate: a chunk, then a pause. @param enough returns true to stop early */
export async function crawl(
  link: Link,
  bytesPerSecond: number,
  seconds: number,
  enough: () => boolean = () => false,
): Promise<void> {
  const { socket } = link;
  let allowed = 0;
  const slow = (chunk: Buffer): void => {
    allowed -= chunk.length;
    if (allowed <= 0) socket.pause();
  };
  socket.on('data', slow);
  socket.pause();
  let before = performance.now();
  const until = before + seconds * 1000;
  while (before < until && !link.isOver && !enough()) {
    await sleep(0.02);
    const now = performance.now();
    allowed = Math.min(bytesPerSecond, allowed + (bytesPerSecond * (now - before)) / 1000);
    before = now;
    if (allowed > 0) socket.resume();
  }
  socket.off('data', slow);
  socket.resume();
}
