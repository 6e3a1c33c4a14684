/** Checks the values that an application passes: options, credentials, permissions, answers. */

/**
 * @param fault the path of the value, and what was expected
 * @throws TypeError when the condition does not hold
 */
export function expect(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new TypeError(fault);
}
