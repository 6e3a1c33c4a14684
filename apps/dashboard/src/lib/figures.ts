/** Numbers, sizes, durations and dates as people read them. */

/** Shown where nothing is known. */
const UNKNOWN = '–';

/** Short, with one decimal below 10. */
export function figure(value: number | null | undefined): string {
  if (value === undefined || value === null) return UNKNOWN;
  if (Math.abs(value) < 10) return String(Number(value.toFixed(1)));
  return Math.round(value).toLocaleString('en');
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function size(bytes: number | null | undefined): string {
  if (bytes === undefined || bytes === null) return UNKNOWN;
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 10 && unit > 0 ? value.toFixed(1) : String(Math.round(value))} ${UNITS[unit] ?? ''}`;
}

export function milliseconds(value: number | null | undefined): string {
  if (value === undefined || value === null) return UNKNOWN;
  if (value >= 1000) return `${figure(value / 1000)} s`;
  if (value > 0 && value < 1) return `${value.toFixed(2)} ms`;
  return `${figure(value)} ms`;
}

export function percent(share: number | null | undefined): string {
  return share === undefined || share === null ? UNKNOWN : `${figure(share * 100)} %`;
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** The largest units, two by default, such as `3 h 20 min`. */
export function duration(ms: number, units = 2): string {
  const first = SPANS.findIndex(([length]) => ms >= length);
  if (first === -1) return '0 s';
  let rest = ms;
  const parts = SPANS.slice(first, first + units).map(([length, unit]) => {
    const count = Math.floor(rest / length);
    rest -= count * length;
    return count === 0 ? '' : `${count} ${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

/** How long ago a date was, in so many of its units. */
export function ago(date: string, { now = Date.now(), units = 2 } = {}): string {
  const time = Date.parse(date);
  return Number.isNaN(time) ? UNKNOWN : `${duration(Math.max(0, now - time), units)} ago`;
}

/** The time of day of a date. */
export function timeOfDay(date: string | number): string {
  const time = new Date(date);
  return Number.isNaN(time.getTime()) ? UNKNOWN : time.toLocaleTimeString('en-GB');
}

/** A count with its noun. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}
