/** What a router does not show, for the tests that look into it. */
import type { Router } from '@wamp/router';
import type { CoreRealm } from '../../src/core/core-realm.ts';
import { coreOf } from '../../src/router.ts';

export { coreOf };

/** The core of a router's realm. */
export function coreRealmOf(router: Router, name = 'realm1'): CoreRealm {
  const realm = coreOf(router).realm(name);
  if (realm === undefined) throw new Error(`there is no ${name}`);
  return realm;
}
