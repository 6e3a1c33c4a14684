/** Surroundings: the parts of the process that the procedures of the admin realm use. */
import { ApplicationError, ErrorUri } from '@wamp/protocol';
import type { LocalInvocation, LogLevel, Realm, Router } from '@wamp/router';
import type { RecentEntries } from './recent-entries.ts';
import type { ReadProcess } from './samples.ts';

/** The outcome of a reload. */
interface ReloadOutcome {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** What a procedure was called with. */
export type Given = Pick<LocalInvocation, 'args' | 'kwargs'>;

export interface AdminSurroundings {
  readonly router: Router;
  /** The log, whose level can be changed. */
  readonly log: { level: LogLevel };
  readonly recent: RecentEntries;
  /** Facts about the process in addition to the counters of the router, as plain values. */
  readonly about: () => Readonly<Record<string, unknown>>;
  /** Reads the figures of the process for a row of the samples. */
  readonly readProcess: ReadProcess;
  readonly reload: (dryRun: boolean) => Promise<ReloadOutcome>;
  /** Refuses new sessions, and refuses calls in all realms except the admin realm. */
  readonly drain: () => void;
  /** Asks the other workers the same, if there are some: the answers of those that have one. */
  readonly elsewhere?: ((uri: string, given: Given) => Promise<readonly unknown[]>) | undefined;
  /** Whether sessions with this role may see payloads. */
  readonly seesPayloads: (role: string) => boolean;
}

/** @throws ApplicationError `wamp.error.no_such_realm` */
export function realmCalled({ router }: Pick<AdminSurroundings, 'router'>, name: string): Realm {
  const realm = router.realm(name);
  if (realm === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_REALM, [name]);
  return realm;
}
