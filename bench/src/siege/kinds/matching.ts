/** Attacks on the look-up of patterns: many that are alike up to their end, and many that all match. */
import { flood, some, type Hostile } from './kind.ts';
import { unsubscribe } from './storing.ts';

/** A wildcard of `length` components and `last`. Bit n of `number`, if n < `bits`, says whether component n is `a` or empty. */
function pattern(number: number, length: number, bits: number, last: string): string {
  const components = Array.from({ length }, (_, index) =>
    index < bits && ((number >> index) & 1) === 0 ? '' : 'a',
  );
  return [...components, last].join('.');
}

/** Wildcard registrations alike up to their last component, and CALLs that match none of them. */
export async function wildcardCalls(hostile: Hostile): Promise<void> {
  const { link, number } = hostile;
  await flood(
    link,
    some(hostile, 1000),
    (index) => `[64,${link.newRequest()},{"match":"wildcard"},"${pattern(index, 63, 14, `b${number}`)}"]`,
  );
  await link.settle();
  const uri = pattern(-1, 63, 14, 'z');
  await flood(link, some(hostile, 200), () => `[48,${link.newRequest()},{},"${uri}"]`);
  await link.settle();
  const ids = link.registrations;
  link.forgetIds();
  await flood(link, ids.length, (index) => `[66,${link.newRequest()},${ids[index] ?? 0}]`);
}

/** The same with subscriptions and PUBLISHes. */
export async function wildcardEvents(hostile: Hostile): Promise<void> {
  const { link, number } = hostile;
  await flood(
    link,
    some(hostile, 1000),
    (index) => `[32,${link.newRequest()},{"match":"wildcard"},"${pattern(index, 63, 14, `b${number}`)}"]`,
  );
  await link.settle();
  const uri = pattern(-1, 63, 14, 'z');
  await flood(link, some(hostile, 500), () => `[16,${link.newRequest()},{},"${uri}"]`);
  await link.settle();
  await unsubscribe(hostile);
}

/** 1,000 own patterns that all match: 1,000 PUBLISHes make a million EVENTs. */
export async function allMatch(hostile: Hostile): Promise<void> {
  const { link, random, number } = hostile;
  const last = random.chance(0.7) ? `s${number}` : 's';
  await flood(
    link,
    some(hostile, 1000),
    (index) => `[32,${link.newRequest()},{"match":"wildcard"},"${pattern(index, 10, 10, last)}"]`,
  );
  await link.settle();
  const uri = pattern(-1, 10, 10, last);
  const options = random.pick(['{"exclude_me":false}', '{}']);
  await flood(link, some(hostile, 1000), () => `[16,${link.newRequest()},${options},"${uri}"]`);
  await link.settle();
  await unsubscribe(hostile);
}

/** Prefixes of each other, all of which match, beside wildcards of every length that match nothing. */
export async function prefixes(hostile: Hostile): Promise<void> {
  const { link, number } = hostile;
  const uri = `siege.prefix.s${number}.${'a'.repeat(480)}`;
  await flood(
    link,
    some(hostile, 490),
    (index) => `[32,${link.newRequest()},{"match":"prefix"},"${uri.slice(0, 17 + index)}"]`,
  );
  await flood(
    link,
    some(hostile, 60),
    (index) => `[32,${link.newRequest()},{"match":"wildcard"},"${'.'.repeat(index + 2)}b"]`,
  );
  await flood(link, some(hostile, 300), () => `[16,${link.newRequest()},{"exclude_me":false},"${uri}"]`);
  await link.settle();
  await unsubscribe(hostile);
}
