/** The median of some values; NaN when there are none, or one is NaN. */
export function median(values: readonly number[]): number {
  if (values.some(Number.isNaN)) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [lower, upper] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return lower === undefined || upper === undefined ? NaN : (lower + upper) / 2;
}

/** The distance between the first and the third quartile of some values; NaN when there are none, or one is NaN. */
export function spread(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return median(sorted.slice(sorted.length - half)) - median(sorted.slice(0, half));
}
