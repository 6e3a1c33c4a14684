/** A schedule of faults, determined by a seed. */
import { Random } from '../siege/random.ts';
import type { Direction } from './proxy.ts';

/** One fault. */
export type Fault =
  /** The router is killed, or says GOODBYE and ends; later another one takes its place. */
  | { readonly kind: 'kill -9' | 'restart' }
  /** The router freezes, for some time or until a session has noticed. */
  | { readonly kind: 'freeze'; readonly ms: number | undefined }
  /** Connections carry no data, in one direction or both, for some time or until a session has noticed. */
  | { readonly kind: 'silence'; readonly direction: Direction; readonly ms: number | undefined }
  /** Connections break; the next ones are refused. */
  | { readonly kind: 'cut'; readonly refusals: number }
  /** Connections break, but the router notices later, so that it sees the old and the new connection at once. */
  | { readonly kind: 'half-open'; readonly linger: number }
  /** Connections break, and the next ones get through in the opposite order. */
  | { readonly kind: 'reorder' }
  /** Bytes come in pieces, late, or few at a time. */
  | { readonly kind: 'split'; readonly piece: number }
  | { readonly kind: 'delay'; readonly delay: number }
  | { readonly kind: 'throttle'; readonly rate: number };

/** One fault, and the requests before and during it. */
export interface Step {
  /** Requests before it, and turns of the event loop that pass between them and it. */
  readonly before: number;
  readonly turns: number;
  readonly fault: Fault;
  /** The share of connections that it concerns. */
  readonly share: number;
  /** Requests while it lasts. */
  readonly during: number;
}

export interface Plan {
  readonly seed: number;
  readonly steps: readonly Step[];
}

export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const steps = Array.from({ length: random.between(1, 4) }, () => ({
    before: random.between(0, 20),
    turns: random.between(0, 12),
    fault: faultOf(random),
    share: random.chance(0.5) ? 1 : 0.5,
    during: random.between(0, 15),
  }));
  return { seed, steps };
}

function faultOf(random: Random): Fault {
  const ms = random.chance(0.5) ? undefined : random.between(1, 100);
  const kinds: readonly (() => Fault)[] = [
    () => ({ kind: 'kill -9' }),
    () => ({ kind: 'restart' }),
    () => ({ kind: 'freeze', ms }),
    () => ({ kind: 'silence', direction: random.pick(['both', 'up', 'down'] as const), ms }),
    () => ({ kind: 'silence', direction: random.pick(['both', 'up', 'down'] as const), ms }),
    () => ({ kind: 'cut', refusals: random.between(0, 6) }),
    () => ({ kind: 'cut', refusals: 0 }),
    () => ({ kind: 'half-open', linger: random.between(20, 400) }),
    () => ({ kind: 'reorder' }),
    () => ({ kind: 'split', piece: random.between(1, 9) }),
    () => ({ kind: 'delay', delay: random.between(1, 20) }),
    () => ({ kind: 'throttle', rate: random.between(2, 60) }),
  ];
  return random.pick(kinds)();
}
