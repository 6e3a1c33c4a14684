/** Publication: an accepted publish, on its way to become events. */
import type { Id, Payload, PublishOptions, Uri } from '@wamp/protocol';
import type { Principal } from './session.ts';

/** Who published: a session by id and identity, so that it can outlive the session. */
export interface Publisher {
  readonly id: Id;
  readonly principal: Principal;
}

export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  readonly options: PublishOptions;
  readonly payload: Payload;
  /** Absent when the router itself published. */
  readonly publisher?: Publisher;
  readonly trustlevel?: number | undefined;
}

/** The publication as it can be kept: with bytes of its own, and without the session that published it. */
export function remember(publication: Publication): Publication {
  const { publisher } = publication;
  return {
    ...publication,
    payload: publication.payload.keep(),
    ...(publisher === undefined ? {} : { publisher: { id: publisher.id, principal: publisher.principal } }),
  };
}
