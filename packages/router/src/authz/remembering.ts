/** Remembers the answers of an authorizer that say `cache: true`. */
import type { Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';
import {
  decisionOf,
  DISCLOSED,
  type Action,
  type Asker,
  type Authorizer,
  type AuthorizerAnswer,
} from './authorizer.ts';
import { Recent } from './recent.ts';

export interface RememberingOptions {
  /** How many answers are remembered at most; 10,000 by default. */
  readonly capacity?: number | undefined;
}

const DEFAULT_CAPACITY = 10_000;
/** Questions with longer keys (characters) are not cached, so that clients cannot fill memory with them. */
const LONGEST_REMEMBERED = 1000;

/**
 * An authorizer that asks another, and does not ask twice for what that one has answered with `cache: true`. The
 * answer holds for all sessions of the same realm, authrole and authid, and for one action on one URI with one `match`;
 * an authorizer that looks at anything else must not say so. Failures are never remembered.
 */
export function remembering(authorizer: Authorizer, options: RememberingOptions = {}): RememberingAuthorizer {
  return new RememberingAuthorizer(authorizer, options);
}

export class RememberingAuthorizer implements Authorizer {
  readonly #authorizer: Authorizer;
  readonly #capacity: number;
  /** Replaced when the cache is purged, so that a pending answer is stored where it is not used any more. */
  #remembered: Recent<string, AuthorizerAnswer>;

  constructor(authorizer: Authorizer, { capacity = DEFAULT_CAPACITY }: RememberingOptions = {}) {
    this.#authorizer = authorizer;
    this.#capacity = capacity;
    this.#remembered = new Recent(capacity);
  }

  /** Forgets all answers, and those under way: what was asked before does not count for what comes after. */
  purge(): void {
    this.#remembered = new Recent(this.#capacity);
  }

  /** How many answers are remembered. */
  get size(): number {
    return this.#remembered.size;
  }

  authorize(
    principal: Principal,
    action: Action,
    uri: Uri,
    options: { readonly match?: unknown },
    asker: Asker,
  ): AuthorizerAnswer | Promise<AuthorizerAnswer> {
    const remembered = this.#remembered;
    const { authrole, authid } = principal;
    const key = JSON.stringify([asker.realm.name, authrole, authid, action, uri, options.match]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const take = (answer: AuthorizerAnswer): AuthorizerAnswer => {
      const lasting = isLasting(answer) && key.length <= LONGEST_REMEMBERED ? lastingOf(answer) : undefined;
      if (lasting !== undefined) remembered.set(key, lasting);
      return answer;
    };
    const answer = this.#authorizer.authorize(principal, action, uri, options, asker);
    return answer instanceof Promise ? answer.then(take) : take(answer);
  }
}

/** Of what any plug-in may answer. */
function isLasting(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'cache' in answer && answer.cache === true;
}

/** What is remembered of it: nothing that could change, or be invalid; undefined for a failure. */
function lastingOf(answer: AuthorizerAnswer): AuthorizerAnswer | undefined {
  const decision = decisionOf(answer);
  if (decision === 'failed') return undefined;
  return decision === 'disclosed' ? DISCLOSED : decision === 'permitted';
}
