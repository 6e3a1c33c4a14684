/** The rights of a realm, which a reload may exchange while sessions are there. */
import type { Action, Asker, Authorizer, Permit, Principal } from '@wamp/router';

/** Everybody may do everything: for a realm that loses its roles. */
const EVERYTHING: Authorizer = { authorize: () => true };

/** Asks whichever authorizer holds at the moment: another one decides from the next request on. */
export class RightsSwitch implements Authorizer {
  #current: Authorizer;

  constructor(first: Authorizer) {
    this.#current = first;
  }

  /** @param next everything is allowed when undefined */
  exchange(next: RightsSwitch | undefined): void {
    this.#current = next === undefined ? EVERYTHING : next.#current;
  }

  authorize(
    principal: Principal,
    action: Action,
    uri: string,
    options: object,
    asker: Asker,
  ): Permit | Promise<Permit> {
    return this.#current.authorize(principal, action, uri, options, asker);
  }
}
