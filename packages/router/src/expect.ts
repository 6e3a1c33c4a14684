/** Checks of what an application has passed: options, credentials, permissions, answers. */

/**
 * @param fault where the value stands, and what was expected
 * @throws TypeError when the condition does not hold
 */
export function expect(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new TypeError(fault);
}
