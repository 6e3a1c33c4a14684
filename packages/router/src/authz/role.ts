/** Role: the rules of an authrole, and the answers that follow from them. */
import type { Uri } from '@wamp/protocol';
import { PatternMap } from '../core/pattern-map.ts';
import type { Principal } from '../core/session.ts';
import { DISCLOSED, type AuthorizerAnswer } from './authorizer.ts';
import { evaluate, evaluateMatching, isAllowed, isDisclosed, type Effect } from './evaluate.ts';
import type { Pattern } from './pattern-sets.ts';
import { Recent } from './recent.ts';
import { isPersonal, rewrite, type Rule } from './rule.ts';

/** The number of URIs whose decisions are cached, for each role, and for each principal with rules of its own. */
const REMEMBERED = 4096;
const REMEMBERED_EACH = 128;
/** Longer URIs are not cached (characters), so that clients cannot fill memory with them. */
const LONGEST_REMEMBERED = 128;

/** The rules of a role. Rules with placeholders differ for each principal; all others are shared by the principals. */
export class Role {
  readonly #rules: readonly Rule[];
  readonly #common: PatternMap<Effect>;
  readonly #shared: PrincipalRules | undefined;
  readonly #own = new WeakMap<Principal, PrincipalRules>();

  constructor(rules: readonly Rule[]) {
    const common = rules.filter((rule) => !isPersonal(rule));
    this.#rules = rules;
    this.#common = tableOf(common);
    const isShared = common.length === rules.length;
    this.#shared = isShared ? new PrincipalRules(rules, this.#common, undefined, REMEMBERED) : undefined;
  }

  /** The rules for a principal, from a cache if possible. */
  of(principal: Principal): PrincipalRules {
    return this.#shared ?? this.#own.get(principal) ?? this.#rewrite(principal);
  }

  /** The rules for a principal, with their placeholders replaced. */
  rules(principal: Pick<Principal, 'authid'>): readonly Rule[] {
    return this.#rules.flatMap((rule) => rewrite(rule, principal) ?? []);
  }

  #rewrite(principal: Principal): PrincipalRules {
    const own = this.#rules.filter(isPersonal).flatMap((rule) => rewrite(rule, principal) ?? []);
    const all = this.rules(principal);
    const rules = new PrincipalRules(all, this.#common, tableOf(own), REMEMBERED_EACH);
    this.#own.set(principal, rules);
    return rules;
  }
}

/** The rules for a principal. */
class PrincipalRules {
  readonly #rules: readonly Rule[];
  /** The same rules, indexed by URI: those that all principals of the role share, and those with placeholders. */
  readonly #common: PatternMap<Effect>;
  readonly #own: PatternMap<Effect> | undefined;
  /** Cached decisions on all actions, by URI. */
  readonly #recent: Recent<Uri, number>;

  constructor(
    rules: readonly Rule[],
    common: PatternMap<Effect>,
    own: PatternMap<Effect> | undefined,
    remembered: number,
  ) {
    this.#rules = rules;
    this.#common = common;
    this.#own = own;
    this.#recent = new Recent(remembered);
  }

  /** @param bit the bit of the action */
  answer(bit: number, uri: Uri): AuthorizerAnswer {
    const decisions = this.#recent.get(uri) ?? this.#evaluate(uri);
    if (!isAllowed(decisions, bit)) return false;
    return isDisclosed(decisions, bit) ? DISCLOSED : true;
  }

  /** Decides on a pattern by evaluating all rules: such requests are too rare to need an index. */
  answerPattern(bit: number, pattern: Pattern): boolean {
    return isAllowed(evaluate(this.#rules, pattern), bit);
  }

  #evaluate(uri: Uri): number {
    const matching = this.#common.matching(uri);
    const own = this.#own?.matching(uri) ?? NONE;
    const decisions = evaluateMatching(own.length === 0 ? matching : [...matching, ...own], uri);
    if (uri.length <= LONGEST_REMEMBERED) this.#recent.set(uri, decisions);
    return decisions;
  }
}

const NONE: readonly Effect[] = [];

/** One effect for all rules on the same pattern. */
function tableOf(rules: readonly Rule[]): PatternMap<Effect> {
  const table = new PatternMap<Effect>();
  for (const { match, uri, allow, deny, disclose } of rules) {
    const known = table.get(match, uri) ?? { allow: 0, deny: 0, disclose: 0 };
    table.set(match, uri, {
      match,
      uri,
      allow: known.allow | allow,
      deny: known.deny | deny,
      disclose: known.disclose | disclose,
    });
  }
  return table;
}
