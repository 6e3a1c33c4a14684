/** Decision: what a list of rules says of a request, and which of them has the say. */
import { isReserved } from '@wamp/protocol';
import { covers, isWithinReserved, overlap, type Pattern } from './pattern-sets.ts';
import type { Rule } from './rule.ts';

export interface Decision {
  readonly allowed: boolean;
  readonly disclosed: boolean;
  /** The rule that decided; undefined when no rule covers the request. */
  readonly by: Rule | undefined;
}

/**
 * A denial wins over whatever is allowed, in any order, and what is not allowed is denied. A pattern must lie
 * within an allowed one, for it stands for all that it matches, and must not meet a denied one.
 * @param bit of the action
 */
export function decide(rules: readonly Rule[], bit: number, request: Pattern): Decision {
  const denial = rules.find((rule) => (rule.deny & bit) !== 0 && meets(rule, request));
  if (denial !== undefined) return { allowed: false, disclosed: false, by: denial };
  const covering = rules.filter((rule) => reaches(rule, request));
  const by = covering.find(({ allow }) => (allow & bit) !== 0);
  const disclosed = by !== undefined && covering.some(({ disclose }) => (disclose & bit) !== 0);
  return { allowed: by !== undefined, disclosed, by };
}

/** What is the router's own is reached only by those patterns that are within it (T-40). */
function reaches(rule: Rule, request: Pattern): boolean {
  return covers(rule, request) && (!isOwn(request) || isWithinReserved(rule));
}

/** A denial reaches everything; but a pattern that does not reach what is the router's own does not meet it there. */
function meets(rule: Rule, request: Pattern): boolean {
  return overlap(rule, request) && (isOwn(request) || !isWithinReserved(rule));
}

function isOwn(request: Pattern): boolean {
  return request.match === 'exact' ? isReserved(request.uri) : isWithinReserved(request);
}
