/** The evaluator of permissions: what rules allow and disclose of a request. */
import { isReserved, type Uri } from '@wamp/protocol';
import { covers, isWithinReserved, overlap, type Pattern } from './pattern-sets.ts';

/** A pattern, and the actions that it allows, denies and discloses, as sets of bits. */
export interface Effect extends Pattern {
  readonly allow: number;
  readonly deny: number;
  readonly disclose: number;
}

/** By how many bits the actions that are disclosed stand above those that are allowed. */
const DISCLOSE_SHIFT = 4;

/**
 * What rules decide about a request. A pattern must lie within an allowed one, for it stands for all that it matches, and
 * must not meet a denied one.
 * @returns the decisions on all actions, as a set of bits for {@link isAllowed} and {@link isDisclosed}
 */
export function evaluate(effects: readonly Effect[], request: Pattern): number {
  const met = effects.filter((effect) => overlap(effect, request));
  return combine(met, isOwn(request), (effect) => covers(effect, request));
}

/** What {@link evaluate} returns for a URI, from those effects alone whose patterns match it. */
export function evaluateMatching(effects: readonly Effect[], uri: Uri): number {
  return combine(effects, isReserved(uri), always);
}

/** @param decisions what {@link evaluate} has returned @param bit of the action */
export function isAllowed(decisions: number, bit: number): boolean {
  return (decisions & bit) !== 0;
}

/** Whether the action is allowed, and its sender disclosed (PID-4). */
export function isDisclosed(decisions: number, bit: number): boolean {
  return (decisions & (bit << DISCLOSE_SHIFT)) !== 0;
}

/** The first effect that causes the decision on an action; undefined when it is denied because none allows it. */
export function causeOf<E extends Effect>(
  effects: readonly E[],
  request: Pattern,
  bit: number,
): E | undefined {
  const own = isOwn(request);
  return isAllowed(evaluate(effects, request), bit)
    ? effects.find((each) => (each.allow & bit) !== 0 && mayAllow(each, own) && covers(each, request))
    : effects.find((each) => (each.deny & bit) !== 0 && mayDeny(each, own) && overlap(each, request));
}

/**
 * A denial wins over whatever is allowed, in any order, and what is not allowed is denied.
 * @param met the effects whose patterns meet the request
 * @param own whether the request is for something of the router's own
 * @param isCovered whether the request lies within the pattern of an effect
 */
function combine(met: readonly Effect[], own: boolean, isCovered: (effect: Effect) => boolean): number {
  let allow = 0;
  let deny = 0;
  let disclose = 0;
  for (const effect of met) {
    if (mayDeny(effect, own)) deny |= effect.deny;
    if (!mayAllow(effect, own) || !isCovered(effect)) continue;
    allow |= effect.allow;
    disclose |= effect.disclose;
  }
  allow &= ~deny;
  return allow | ((disclose & allow) << DISCLOSE_SHIFT);
}

/** What is the router's own is reached only by those patterns that are within it (T-40). */
function mayAllow(effect: Effect, own: boolean): boolean {
  return !own || isWithinReserved(effect);
}

/** A denial reaches everything; but a pattern that does not reach what is the router's own does not meet it there. */
function mayDeny(effect: Effect, own: boolean): boolean {
  return own || !isWithinReserved(effect);
}

function isOwn(request: Pattern): boolean {
  return request.match === 'exact' ? isReserved(request.uri) : isWithinReserved(request);
}

function always(): boolean {
  return true;
}
