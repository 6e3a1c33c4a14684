/** The topics whose events the routers under test keep, and the content of their publications. */

/** The topics with event history. The second one is kept by a rule for a prefix. */
export const LOGS = [
  { topic: 'com.news', rule: 'com.news', match: 'exact' },
  { topic: 'com.sensors.one', rule: 'com.sensors.', match: 'prefix' },
] as const;

/** The topics of retained events. */
export const RETAINED = ['com.state.one', 'com.state.two', 'com.state.three', 'com.state.four'] as const;

/** The arguments of a publication, which follow from its number. */
export function contentOf(number: number): readonly [number, string] {
  return [number, `${number},`.repeat(number % 40)];
}

/** Whether these are the arguments of a publication of this program. */
export function isIntact([number, text]: readonly unknown[]): boolean {
  return typeof number === 'number' && text === contentOf(number)[1];
}
