/** Publication: an accepted PUBLISH, which becomes events. */
import type { Id, Payload, PublishOptions, Uri } from '@wamp/protocol';
import type { Members } from './members.ts';
import type { Principal, Session } from './session.ts';
import type { Stamp } from './stamp.ts';
import type { TraceContext } from './trace-context.ts';

/** The publisher: the id and principal of a session, so that a publication can outlive the session. */
export interface Publisher {
  readonly id: Id;
  readonly principal: Principal;
}

/** True for a session that may receive the event. */
export type Eligible = (session: Session) => boolean;

/** A list of receivers in the options of PUBLISH. */
export interface AudienceList {
  readonly option: `${'eligible' | 'exclude'}${'' | '_authid' | '_authrole'}`;
  readonly items: Members;
}

/** The lists of receivers in the options of a publication, each read once. */
export interface Audience {
  readonly tests: readonly Eligible[];
  /** The items of each list, by the name of its option. */
  readonly lists: readonly AudienceList[];
  /** The memory of the lists, in bytes. */
  readonly weight: number;
}

/**
 * Where a publication entered the realm: from one of its sessions, or on behalf of one that has left; from the router
 * itself; or at another node, which forwarded it.
 */
export type Origin =
  | { readonly kind: 'session' }
  | { readonly kind: 'router' }
  | { readonly kind: 'node'; readonly node: string };

/** The place of a publication among those of its node, in each log that records it. */
interface Numbers {
  /** The run of the node where it was published. */
  readonly run: string;
  /** Its number in each log, 1 and above, in the order of the logs. */
  readonly of: readonly number[];
}

export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** Absent when the router itself published. */
  readonly publisher?: Publisher;
  readonly trustlevel?: number | undefined;
  /** A feature forwards to other nodes only publications that did not come from one: see `Broker.relay`. */
  readonly origin: Origin;
  /**
   * What EVENT says about the trace: at first what PUBLISH said. A feature that traces publications sets it in a listener of
   * `accepted`. It is not kept: retained events and those of event history have none.
   */
  trace?: TraceContext | undefined;
  /** Its place among all publications of the cluster, if it has been given one. */
  stamp?: Stamp | undefined;
  /** Its numbers in the logs that record it, in a realm that a cluster shares. */
  numbers?: Numbers | undefined;
  /** The lists of its options, once they were requested; see `audienceOf`. */
  audience?: Audience | undefined;
}

export const FROM_SESSION: Origin = Object.freeze({ kind: 'session' });
export const FROM_ROUTER: Origin = Object.freeze({ kind: 'router' });
