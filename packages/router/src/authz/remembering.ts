/** Remembers what an authorizer has said it may: `cache: true` in its grants. */
import type { Uri } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';
import { DISCLOSED, rulingOf, type Action, type Asker, type Authorizer, type Permit } from './authorizer.ts';
import { Recent } from './recent.ts';

export interface RememberingOptions {
  /** How many answers are remembered at most; 10,000 by default. */
  readonly capacity?: number | undefined;
}

const DEFAULT_CAPACITY = 10_000;
/** What takes more to be told from others is not remembered (characters), so that nobody fills memory with it. */
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
  /** Replaced when all is forgotten, so that an answer under way is kept where nobody looks any more. */
  #remembered: Recent<string, Permit>;

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
  ): Permit | Promise<Permit> {
    const remembered = this.#remembered;
    const { authrole, authid } = principal;
    const key = JSON.stringify([asker.realm.name, authrole, authid, action, uri, options.match]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const take = (permit: Permit): Permit => {
      const lasting = isLasting(permit) && key.length <= LONGEST_REMEMBERED ? lastingOf(permit) : undefined;
      if (lasting !== undefined) remembered.set(key, lasting);
      return permit;
    };
    const permit = this.#authorizer.authorize(principal, action, uri, options, asker);
    return permit instanceof Promise ? permit.then(take) : take(permit);
  }
}

/** Of what any plug-in may answer. */
function isLasting(permit: unknown): boolean {
  return typeof permit === 'object' && permit !== null && 'cache' in permit && permit.cache === true;
}

/** What is remembered of it: nothing that could change, or be none; undefined for a failure. */
function lastingOf(permit: Permit): Permit | undefined {
  const ruling = rulingOf(permit);
  if (ruling === 'failed') return undefined;
  return ruling === 'disclosed' ? DISCLOSED : ruling === 'permitted';
}
