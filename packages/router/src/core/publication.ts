/** Publication: an accepted publish, on its way to become events. */
import type { Id, Payload, PublishOptions, Uri } from '@wamp/protocol';
import type { Principal, Session } from './session.ts';

/** Who published: a session by id and identity, so that it can outlive the session. */
export interface Publisher {
  readonly id: Id;
  readonly principal: Principal;
}

/** True for a session that may get the event. */
export type Eligible = (session: Session) => boolean;

/** A list of receivers in the options of PUBLISH. */
export interface AudienceList {
  readonly option: `${'eligible' | 'exclude'}${'' | '_authid' | '_authrole'}`;
  readonly items: ReadonlySet<Id | string>;
}

/** Whom the options of a publication name, as sets: made once, however often they are asked. */
export interface Audience {
  readonly tests: readonly Eligible[];
  /** The items of each list, by the name of its option. */
  readonly lists: readonly AudienceList[];
  /** What the sets take, in bytes. */
  readonly weight: number;
}

/**
 * Where a publication entered the realm: by one of its sessions, or in the name of one that has left; by the router itself;
 * or at another node, which passed it on.
 */
export type Origin =
  | { readonly kind: 'session' }
  | { readonly kind: 'router' }
  | { readonly kind: 'node'; readonly node: string };

export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** Absent when the router itself published. */
  readonly publisher?: Publisher;
  readonly trustlevel?: number | undefined;
  /** A feature passes on to other nodes only what did not come from one: see `Broker.relay`. */
  readonly origin: Origin;
  /** Whom its options name, once somebody has asked; see `audienceOf`. */
  audience?: Audience | undefined;
}

export const FROM_SESSION: Origin = Object.freeze({ kind: 'session' });
export const FROM_ROUTER: Origin = Object.freeze({ kind: 'router' });
