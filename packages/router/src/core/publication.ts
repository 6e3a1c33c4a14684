/** Publication: an accepted publish, on its way to become events. */
import type { Id, Payload, PublishOptions, Uri } from '@wamp/protocol';
import { passthru } from './disclosure.ts';
import { audienceOf, type Audience } from './eligibility.ts';
import { memoryOf, weightOf } from './kept.ts';
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
  /** Whom its options name, once somebody has asked; see {@link audienceOf}. */
  audience?: Audience | undefined;
}

/** A publication in memory, with everything that it takes weighed (bytes). */
export interface Remembered {
  readonly publication: Publication;
  readonly weight: number;
}

/**
 * The publication as it can be kept: with bytes of its own, without the session that published it, and of its options
 * only what is told with an event. Whoever sends it on lends its payload (`Payload.lend`).
 */
export function remember(publication: Publication): Remembered {
  const { id, topic, options, publisher, trustlevel } = publication;
  const payload = publication.payload.keep();
  const audience = audienceOf(publication);
  const told = {
    ...(options.disclose_me === undefined ? {} : { disclose_me: options.disclose_me }),
    ...(options.exclude_me === undefined ? {} : { exclude_me: options.exclude_me }),
    ...passthru(options),
  };
  const by = publisher && { id: publisher.id, principal: identityOf(publisher.principal) };
  const kept = {
    ...{ id, topic, options: told, payload, trustlevel, audience },
    ...(by === undefined ? {} : { publisher: by }),
  };
  const names = by === undefined ? 0 : memoryOf(by.principal);
  const weight = weightOf(payload, topic, told) + names + (audience?.weight ?? 0);
  return { publication: kept, weight };
}

/** Whatever else an authenticator has said of somebody is not told with an event. */
function identityOf({ authid, authrole, authmethod, authprovider }: Principal): Principal {
  return { authid, authrole, authmethod, authprovider };
}
