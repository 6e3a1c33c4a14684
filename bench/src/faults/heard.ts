/** Finds faults in what a subscriber received: events that were lost without a gap, out of order, or delivered twice. */

/** The number of an event, or a notification between events. */
export type Heard = number | 'gap' | 'lost' | 'restored';

/** The faults that were found. */
export interface Faults {
  /** Confirmed publications that never arrived, and for which no gap was reported. */
  readonly lost: readonly number[];
  readonly twice: readonly number[];
  /** Confirmed publications that arrived after later ones; the order of unconfirmed ones is unknown. */
  readonly disorder: readonly number[];
}

/**
 * Publications are numbered in their order, and come from one publisher.
 * @param confirmed those that the router has confirmed
 */
export function faultsIn(heard: readonly Heard[], confirmed: readonly number[]): Faults {
  const numbers = heard.filter((item) => typeof item === 'number');
  const seen = new Set<number>();
  const isConfirmed = new Set(confirmed);
  const twice: number[] = [];
  const disorder: number[] = [];
  let highest = -1;
  for (const number of numbers) {
    if (seen.has(number)) twice.push(number);
    else if (number < highest && isConfirmed.has(number)) disorder.push(number);
    seen.add(number);
    highest = Math.max(highest, number);
  }
  const missing = confirmed.filter((number) => !seen.has(number));
  return { lost: missing.filter((number) => !isExcused(heard, number)), twice, disorder };
}

/** True when a gap was reported where the event is missing: after its predecessor, and before the end of the restoration. */
function isExcused(heard: readonly Heard[], missing: number): boolean {
  const before = heard.findLastIndex((item) => typeof item === 'number' && item < missing);
  const next = heard.findIndex((item, index) => index > before && typeof item === 'number');
  const after = next < 0 ? heard.length : next;
  const between = heard.slice(before + 1, after);
  if (between.includes('gap')) return true;
  // Within a connection, what is missing is told before what follows it.
  if (between.lastIndexOf('restored') >= between.lastIndexOf('lost')) {
    const wasRestoring = heard.slice(0, before + 1);
    if (wasRestoring.lastIndexOf('restored') >= wasRestoring.lastIndexOf('lost')) return false;
  }
  const restored = heard.indexOf('restored', after);
  return heard.slice(after, restored < 0 ? heard.length : restored).includes('gap');
}
