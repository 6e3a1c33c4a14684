/** Compares messages with templates. */

/** Matches any value in a template. */
export const ANY: unique symbol = Symbol('anything');

/** The interface of `expect.anything()` and similar matchers in vitest and jest. */
interface AsymmetricMatcher {
  asymmetricMatch(value: unknown): boolean;
}

/** Whether a value matches a template: equal, except where it contains {@link ANY}, a predicate or a matcher. */
export function matches(template: unknown, value: unknown): boolean {
  if (template === ANY) return value !== undefined;
  if (typeof template === 'function') return Boolean((template as (value: unknown) => unknown)(value));
  if (isMatcher(template)) return template.asymmetricMatch(value);
  if (Array.isArray(template)) {
    return (
      Array.isArray(value) &&
      template.length === value.length &&
      template.every((each, at) => matches(each, value[at]))
    );
  }
  if (!isObject(template) || !isObject(value) || template instanceof Uint8Array) {
    return template instanceof Uint8Array && value instanceof Uint8Array
      ? matches([...template], [...value])
      : Object.is(template, value);
  }
  const keys = new Set([...Object.keys(template), ...Object.keys(value)]);
  return [...keys].every((key) => matches(template[key], value[key]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMatcher(value: unknown): value is AsymmetricMatcher {
  return isObject(value) && typeof value['asymmetricMatch'] === 'function';
}
