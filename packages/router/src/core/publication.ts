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

/** Whom the options of a publication name, as sets: made once, however often they are asked. */
export interface Audience {
  readonly tests: readonly Eligible[];
  /** What the sets take, in bytes. */
  readonly weight: number;
}

export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** Absent when the router itself published. */
  readonly publisher?: Publisher;
  readonly trustlevel?: number | undefined;
  /** Whom its options name, once somebody has asked; see `audienceOf`. */
  audience?: Audience | undefined;
}
