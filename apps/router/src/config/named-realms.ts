/** Checks the realms that procedures may put clients into. */
import { isRealmOf } from '@wamp/router';
import type { Path } from './faults.ts';
import type { Complain } from './kinds.ts';
import { bearsName, proceduresOf, type RealmConfiguration } from './realms.ts';

/** A realm or template, and where it stands. */
interface Placed {
  readonly realm: RealmConfiguration;
  readonly path: Path;
}

/**
 * Reports names of no realm, and those that include the realm for administration.
 * @param all the realms and templates of the file
 * @param admin the name of the realm for administration, if there is one
 */
export function checkNamedRealms(
  all: readonly Placed[],
  admin: string | undefined,
  complain: Complain,
): void {
  for (const { realm, path } of all) {
    for (const { method, realms = [] } of proceduresOf(realm.auth)) {
      realms.forEach((name, index) => {
        const fault = faultOf(name, all, admin);
        if (fault !== undefined) complain([...path, 'auth', method, 'realms', index], fault);
      });
    }
  }
}

function faultOf(name: string, all: readonly Placed[], admin: string | undefined): string | undefined {
  if (admin !== undefined && isRealmOf(name, admin)) {
    return 'includes the realm for administration, into which no procedure may put a client';
  }
  if (name.includes('*') || all.some(({ realm }) => bearsName(realm, name))) return undefined;
  return 'is no realm of this file';
}
