/** Remembered: a publication in the form in which stores keep it. */
import { passthru } from './disclosure.ts';
import { audienceOf } from './eligibility.ts';
import { memoryOf, weightOf } from './kept.ts';
import type { Publication } from './publication.ts';
import type { Principal } from './session.ts';

/** A publication in memory, with the bytes that it uses. */
export interface Remembered {
  readonly publication: Publication;
  readonly weight: number;
}

/**
 * Copies a publication so that it can be kept: with bytes of its own, without a reference to the session of its
 * publisher, and with only those options that appear in EVENT. To send it, lend its payload (`Payload.lend`).
 */
export function remember(publication: Publication): Remembered {
  const { id, topic, options, publisher, trustlevel, origin } = publication;
  const payload = publication.payload.keep();
  const audience = audienceOf(publication);
  for (const { items } of audience?.lists ?? []) items.index();
  const told = {
    ...(options.disclose_me === undefined ? {} : { disclose_me: options.disclose_me }),
    ...(options.exclude_me === undefined ? {} : { exclude_me: options.exclude_me }),
    ...passthru(options),
  };
  const by = publisher && { id: publisher.id, principal: identityOf(publisher.principal) };
  const kept = {
    ...{ id, topic, options: told, payload, trustlevel, origin, audience },
    ...(by === undefined ? {} : { publisher: by }),
  };
  const names = by === undefined ? 0 : memoryOf(by.principal);
  const weight = weightOf(payload, topic, told) + names + (audience?.weight ?? 0);
  return { publication: kept, weight };
}

/** Only these attributes of a principal appear in an EVENT; others that an authenticator has set do not. */
function identityOf({ authid, authrole, authmethod, authprovider }: Principal): Principal {
  return { authid, authrole, authmethod, authprovider };
}
