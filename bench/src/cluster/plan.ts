/** The faults of a schedule, chosen by its seed. */
import type { Random } from '../siege/random.ts';

/** Kinds of faults, with how often each is chosen. */
const KINDS = {
  'router killed': 5,
  'router frozen': 4,
  'router restarted': 3,
  'NATS server killed': 4,
  'NATS server frozen': 4,
  'NATS server isolated': 2,
  'router cut from NATS': 4,
  'router silenced': 3,
  'two NATS servers killed': 1,
  'all NATS servers killed': 1,
  'all NATS servers emptied': 0.5,
} as const;
export type FaultKind = keyof typeof KINDS;
export const FAULT_KINDS: readonly FaultKind[] = Object.keys(KINDS) as FaultKind[];

export interface Fault {
  readonly kind: FaultKind;
  /** The index of the router or NATS server. */
  readonly target: number;
  /** After the load has begun (ms). */
  readonly at: number;
  /** How long it lasts (ms). */
  readonly lasts: number;
  readonly direction: 'both' | 'up' | 'down';
}

/** The latest time at which a fault begins (ms). */
const SPAN = 2500;
/** How long faults last: mostly shorter, but sometimes longer, than it takes to be declared dead (ms). */
const [SHORT, LONG] = [1200, 4000];

export function planOf(random: Random): Fault[] {
  const faults: Fault[] = [];
  const count = random.between(1, 4);
  for (let index = 0; index < count; index += 1) {
    faults.push({
      kind: kindOf(random),
      target: random.between(0, 2),
      at: random.between(200, SPAN),
      lasts: random.between(50, random.chance(0.6) ? SHORT : LONG),
      direction: random.pick(['both', 'up', 'down']),
    });
  }
  return faults.sort((one, other) => one.at - other.at);
}

function kindOf(random: Random): FaultKind {
  const sum = Object.values(KINDS).reduce((total, weight) => total + weight, 0);
  let left = random.next() * sum;
  for (const kind of FAULT_KINDS) {
    left -= KINDS[kind];
    if (left < 0) return kind;
  }
  return 'router killed';
}
