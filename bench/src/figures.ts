/** Formats numbers for tables. */

const NOTHING = '–';

/** Three digits that count: 0.42, 2.85, 14.3, 1,234. */
export function digits(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return NOTHING;
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** 950, 65.3k, 1.21M. */
export function perSecond(value: number): string {
  if (value >= 1e6) return `${digits(value / 1e6)}M`;
  return value >= 1e3 ? `${digits(value / 1e3)}k` : digits(value);
}

/** Of microseconds: 195 µs, 12.7 ms. */
export function duration(microseconds: number): string {
  return microseconds >= 1000 ? `${digits(microseconds / 1000)} ms` : `${digits(microseconds)} µs`;
}

/** Of bytes: 7.02 KiB. */
export function kibibytes(bytes: number | undefined): string {
  return bytes === undefined || !Number.isFinite(bytes) ? NOTHING : `${digits(bytes / 1024)} KiB`;
}

/** Of a fraction: 35 %. */
export function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

/** What one figure is of another: 0.35 ×. */
export function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${digits(ratio)} ×` : NOTHING;
}
