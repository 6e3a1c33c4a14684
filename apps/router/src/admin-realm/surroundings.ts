/** Surroundings: what the procedures of the admin realm use of the process. */
import { ApplicationError, ErrorUri } from '@wamp/protocol';
import type { LogLevel, Realm, Router } from '@wamp/router';
import type { RecentEntries } from './recent-entries.ts';
import type { ReadProcess } from './samples.ts';

/** What came of a reload. */
interface ReloadOutcome {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

export interface AdminSurroundings {
  readonly router: Router;
  /** Its level can be changed. */
  readonly log: { level: LogLevel };
  readonly recent: RecentEntries;
  /** What the process tells of itself besides what the router counts; plain values. */
  readonly about: () => Readonly<Record<string, unknown>>;
  /** What the samples tell of the process. */
  readonly readProcess: ReadProcess;
  readonly reload: (dryRun: boolean) => Promise<ReloadOutcome>;
  /** Lets nobody in any more, and refuses calls elsewhere than in the admin realm. */
  readonly drain: () => void;
  /** Whether sessions of a role may see payloads. */
  readonly seesPayloads: (role: string) => boolean;
}

/** @throws ApplicationError `wamp.error.no_such_realm` */
export function realmCalled({ router }: Pick<AdminSurroundings, 'router'>, name: string): Realm {
  const realm = router.realm(name);
  if (realm === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_REALM, [name]);
  return realm;
}
