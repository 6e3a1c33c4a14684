/** Evaluates permissions: determines which actions rules allow and disclose for a request. */
import { isReserved, type Uri } from '@wamp/protocol';
import { covers, isWithinReserved, overlap, type Pattern } from './pattern-sets.ts';

/** A pattern, and the actions that it allows, denies and discloses, as sets of bits. */
export interface Effect extends Pattern {
  readonly allow: number;
  readonly deny: number;
  readonly disclose: number;
}

/** The position of the bits for disclosed actions, above those for allowed actions. */
const DISCLOSE_SHIFT = 4;

/**
 * Decides on a request. A pattern is allowed only if an allowed pattern covers all URIs that it matches, and no denied
 * pattern matches any of them.
 * @returns the decisions on all actions, as a set of bits for {@link isAllowed} and {@link isDisclosed}
 */
export function evaluate(effects: readonly Effect[], request: Pattern): number {
  const met = effects.filter((effect) => overlap(effect, request));
  return combine(met, isOwn(request), (effect) => covers(effect, request));
}

/** The same decisions as {@link evaluate} for a URI, computed from the effects whose patterns match it. */
export function evaluateMatching(effects: readonly Effect[], uri: Uri): number {
  return combine(effects, isReserved(uri), always);
}

/** True when an action is allowed. @param decisions the result of {@link evaluate} @param bit the bit of the action */
export function isAllowed(decisions: number, bit: number): boolean {
  return (decisions & bit) !== 0;
}

/** True when an action is allowed, and its sender is disclosed (PID-4). */
export function isDisclosed(decisions: number, bit: number): boolean {
  return (decisions & (bit << DISCLOSE_SHIFT)) !== 0;
}

/** The first effect that causes the decision on an action; undefined when the action is denied because none allows it. */
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
 * A denial overrides all permissions, regardless of their order; an action that no effect allows is denied.
 * @param met the effects whose patterns overlap with the request
 * @param own true when the request concerns URIs of the router itself (`wamp.`)
 * @param isCovered tells whether the pattern of an effect covers the request
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

/** An effect allows URIs of the router itself only if its pattern begins with `wamp.` (T-40). */
function mayAllow(effect: Effect, own: boolean): boolean {
  return !own || isWithinReserved(effect);
}

/** A denial applies to all URIs, but it does not overlap with a pattern that cannot reach URIs of the router. */
function mayDeny(effect: Effect, own: boolean): boolean {
  return own || !isWithinReserved(effect);
}

function isOwn(request: Pattern): boolean {
  return request.match === 'exact' ? isReserved(request.uri) : isWithinReserved(request);
}

function always(): boolean {
  return true;
}
