/** The permissions of a realm, which a reload can replace while it has sessions. */
import type { Action, Asker, Authorizer, AuthorizerAnswer, Principal } from '@wamp/router';

/** Allows everything: for a realm without roles. */
const EVERYTHING: Authorizer = { authorize: () => true };

/** Asks the current authorizer; a replacement decides from the next request on. */
export class RightsSwitch implements Authorizer {
  #current: Authorizer;

  constructor(first: Authorizer) {
    this.#current = first;
  }

  /** @param next undefined to allow everything */
  exchange(next: RightsSwitch | undefined): void {
    this.#current = next === undefined ? EVERYTHING : next.#current;
  }

  hasRole(authrole: string): boolean {
    return this.#current.hasRole?.(authrole) ?? true;
  }

  authorize(
    principal: Principal,
    action: Action,
    uri: string,
    options: object,
    asker: Asker,
  ): AuthorizerAnswer | Promise<AuthorizerAnswer> {
    return this.#current.authorize(principal, action, uri, options, asker);
  }
}
