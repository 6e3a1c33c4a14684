/** Mandate: what a principal may do by the rules of its role, found fast. */
import { isReserved, type Uri } from '@wamp/protocol';
import { PatternMap } from '../core/pattern-map.ts';
import type { Principal } from '../core/session.ts';
import { DISCLOSED, type Permit } from './authorizer.ts';
import { decide } from './decision.ts';
import { isWithinReserved, type Pattern } from './pattern-sets.ts';
import { Recent } from './recent.ts';
import { isPersonal, rewrite, type Rule } from './rule.ts';

/** What the rules on one pattern come to, as sets of bits. */
interface Effect {
  allow: number;
  deny: number;
  disclose: number;
  /** True when they reach what is the router's own. */
  readonly isReserved: boolean;
}

/** What may be done with a URI: the actions allowed, and above them those that disclose. */
type Rights = number;
const DISCLOSE_SHIFT = 4;

/** How many URIs a role remembers, and how many a principal does that has rules of its own. */
const REMEMBERED = 4096;
const REMEMBERED_EACH = 128;
/** Longer URIs are not remembered (characters), so that nobody fills memory with them. */
const LONGEST_REMEMBERED = 128;

/** A role's rules: one mandate for all its principals, or one for each where there are placeholders. */
export class Role {
  readonly #rules: readonly Rule[];
  readonly #common: PatternMap<Effect>;
  readonly #shared: Mandate | undefined;
  readonly #own = new WeakMap<Principal, Mandate>();

  constructor(rules: readonly Rule[]) {
    const common = rules.filter((rule) => !isPersonal(rule));
    this.#rules = rules;
    this.#common = tableOf(common);
    this.#shared =
      common.length === rules.length ? new Mandate(rules, [this.#common], REMEMBERED) : undefined;
  }

  mandate(principal: Principal): Mandate {
    return this.#shared ?? this.#own.get(principal) ?? this.#issue(principal);
  }

  /** The rules as they stand for a principal. */
  rules(principal: Pick<Principal, 'authid'>): readonly Rule[] {
    return this.#rules.flatMap((rule) => rewrite(rule, principal) ?? []);
  }

  #issue(principal: Principal): Mandate {
    const own = this.#rules.filter(isPersonal).flatMap((rule) => rewrite(rule, principal) ?? []);
    const mandate = new Mandate(this.rules(principal), [this.#common, tableOf(own)], REMEMBERED_EACH);
    this.#own.set(principal, mandate);
    return mandate;
  }
}

export class Mandate {
  readonly #rules: readonly Rule[];
  /** The same rules, found by URI. */
  readonly #tables: readonly PatternMap<Effect>[];
  readonly #recent: Recent<Uri, Rights>;

  constructor(rules: readonly Rule[], tables: readonly PatternMap<Effect>[], remembered: number) {
    this.#rules = rules;
    this.#tables = tables;
    this.#recent = new Recent(remembered);
  }

  /** @param bit of the action */
  judge(bit: number, uri: Uri): Permit {
    const rights = this.#recent.get(uri) ?? this.#find(uri);
    if ((rights & bit) === 0) return false;
    return (rights & (bit << DISCLOSE_SHIFT)) === 0 ? true : DISCLOSED;
  }

  /** Patterns are asked for so seldom that all rules may be read. */
  judgePattern(bit: number, pattern: Pattern): boolean {
    return decide(this.#rules, bit, pattern).allowed;
  }

  #find(uri: Uri): Rights {
    const reserved = isReserved(uri);
    let [allow, deny, disclose] = [0, 0, 0];
    for (const table of this.#tables) {
      for (const effect of table.matching(uri)) {
        deny |= effect.deny;
        if (reserved && !effect.isReserved) continue;
        allow |= effect.allow;
        disclose |= effect.disclose;
      }
    }
    const rights = (allow & ~deny) | (disclose << DISCLOSE_SHIFT);
    if (uri.length <= LONGEST_REMEMBERED) this.#recent.set(uri, rights);
    return rights;
  }
}

function tableOf(rules: readonly Rule[]): PatternMap<Effect> {
  const table = new PatternMap<Effect>();
  for (const rule of rules) {
    const { match, uri, allow, deny, disclose } = rule;
    const effect = table.get(match, uri);
    if (effect === undefined) {
      table.set(match, uri, { allow, deny, disclose, isReserved: isWithinReserved(rule) });
    } else {
      effect.allow |= allow;
      effect.deny |= deny;
      effect.disclose |= disclose;
    }
  }
  return table;
}
