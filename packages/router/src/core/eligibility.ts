/** Who may get a publication, decided once per publication (spec: Subscriber Black- and Whitelisting). */
import type { PublishOptions } from '@wamp/protocol';
import { ENTRY, memoryOf } from './kept.ts';
import type { Audience, Eligible, Publication } from './publication.ts';
import type { Session } from './session.ts';

/** What an item of a set takes: its place in a hash table that is half full, and a number of its own (bytes). */
const ITEM = 64;

/**
 * The test for one publication; undefined when everyone passes. A list that is present counts, even
 * when it is empty: `eligible: []` means nobody (T-20). The publisher is left out unless it said
 * `exclude_me: false`, whatever the lists say.
 */
export function eligibility(publication: Publication): Eligible | undefined {
  const { options, publisher } = publication;
  const excluded = options.exclude_me === false ? undefined : publisher?.id;
  const audience = audienceOf(publication);
  if (audience === undefined)
    return excluded === undefined ? undefined : (session) => session.id !== excluded;
  return (session) => session.id !== excluded && passes(audience, session);
}

/** Whether the lists of a publication let a session have it; undefined for lists that are not there. */
export function passes(audience: Audience | undefined, session: Session): boolean {
  return audience === undefined || audience.tests.every((test) => test(session));
}

/** The lists of a publication, if it has any. */
export function audienceOf(publication: Publication): Audience | undefined {
  const { options } = publication;
  if (publication.audience === undefined && hasLists(options)) publication.audience = audience(options);
  return publication.audience;
}

function hasLists(options: PublishOptions): boolean {
  return (
    options.eligible !== undefined ||
    options.eligible_authid !== undefined ||
    options.eligible_authrole !== undefined ||
    options.exclude !== undefined ||
    options.exclude_authid !== undefined ||
    options.exclude_authrole !== undefined
  );
}

function audience(options: PublishOptions): Audience {
  const tests: Eligible[] = [];
  let weight = 0;
  const among = <T>(list: readonly T[] | undefined, key: (session: Session) => T, wanted: boolean): void => {
    if (list === undefined) return;
    const set = new Set(list);
    tests.push((session) => set.has(key(session)) === wanted);
    weight += ENTRY + ITEM * set.size;
    for (const item of set) if (typeof item === 'string') weight += memoryOf(item);
  };
  among(options.eligible, (session) => session.id, true);
  among(options.eligible_authid, (session) => session.principal.authid, true);
  among(options.eligible_authrole, (session) => session.principal.authrole, true);
  among(options.exclude, (session) => session.id, false);
  among(options.exclude_authid, (session) => session.principal.authid, false);
  among(options.exclude_authrole, (session) => session.principal.authrole, false);
  return { tests, weight };
}
