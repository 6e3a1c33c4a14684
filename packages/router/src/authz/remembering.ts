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
  /** The maximum number of remembered answers; 10,000 by default. */
  readonly capacity?: number | undefined;
}

const DEFAULT_CAPACITY = 10_000;
/** Questions with longer keys (characters) are not cached, so that clients cannot fill memory with them. */
const LONGEST_REMEMBERED = 1000;

/**
 * An authorizer that asks another one, and remembers its answers with `cache: true`. A remembered answer applies to all
 * sessions of the same realm, authrole and authid, and to the same action, URI and `match`: an authorizer whose decisions
 * depend on anything else must not set `cache`. Failures are never remembered.
 */
export function remembering(authorizer: Authorizer, options: RememberingOptions = {}): RememberingAuthorizer {
  return new RememberingAuthorizer(authorizer, options);
}

export class RememberingAuthorizer implements Authorizer {
  readonly #authorizer: Authorizer;
  readonly #capacity: number;
  /** The cache. Purging replaces it, so that a pending answer is stored in the old cache, which is not used any more. */
  #remembered: Recent<string, AuthorizerAnswer>;

  constructor(authorizer: Authorizer, { capacity = DEFAULT_CAPACITY }: RememberingOptions = {}) {
    this.#authorizer = authorizer;
    this.#capacity = capacity;
    this.#remembered = new Recent(capacity);
  }

  /** Forgets all answers, including those to pending requests, which will not be remembered. */
  purge(): void {
    this.#remembered = new Recent(this.#capacity);
  }

  /** The number of remembered answers. */
  get size(): number {
    return this.#remembered.size;
  }

  hasRole(authrole: string): boolean {
    return this.#authorizer.hasRole?.(authrole) ?? true;
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

/** True for an answer with `cache: true`; `answer` may be anything, because plug-ins return it. */
function isLasting(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'cache' in answer && answer.cache === true;
}

/** The remembered form of an answer, which cannot change or be invalid; undefined for a failure. */
function lastingOf(answer: AuthorizerAnswer): AuthorizerAnswer | undefined {
  const decision = decisionOf(answer);
  if (decision === 'failed') return undefined;
  return decision === 'disclosed' ? DISCLOSED : decision === 'permitted';
}
