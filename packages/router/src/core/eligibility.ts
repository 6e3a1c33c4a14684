/**
 * Decides which sessions may receive a publication; the test is built once per publication (spec: Subscriber Black- and
 * Whitelisting).
 */
import type { Id, PublishOptions } from '@wamp/protocol';
import { ENTRY, memoryOf } from './kept.ts';
import { Members } from './members.ts';
import type { Audience, AudienceList, Eligible, Publication } from './publication.ts';
import type { Session } from './session.ts';

/** The memory of one item (bytes): its places in the list and in a hash table that is half full, and a boxed number. */
const ITEM = 64;

/**
 * The test for one publication; undefined when every session passes. A list that is present counts, even an empty one:
 * with `eligible: []` no session passes (T-20). The publisher is excluded, regardless of the lists, unless it said
 * `exclude_me: false`.
 */
export function eligibility(publication: Publication): Eligible | undefined {
  const { options, publisher } = publication;
  const excluded = options.exclude_me === false ? undefined : publisher?.id;
  const audience = audienceOf(publication);
  if (audience === undefined)
    return excluded === undefined ? undefined : (session) => session.id !== excluded;
  return (session) => session.id !== excluded && passes(audience, session);
}

/** Whether the lists of a publication admit a session. */
export function passes(audience: Audience | undefined, session: Session): boolean {
  return audience === undefined || audience.tests.every((test) => test(session));
}

/**
 * Whether a publication was for a client that has had several sessions in succession: lists of session ids are checked
 * against all of them, lists of authids and authroles against the current one.
 * @param former ids of sessions that have ended
 */
export function wasFor(publication: Publication, session: Session, former: readonly Id[]): boolean {
  const { options, publisher } = publication;
  const ids = [session.id, ...former];
  if (options.exclude_me !== false && publisher !== undefined && ids.includes(publisher.id)) return false;
  const { lists = [] } = audienceOf(publication) ?? {};
  return lists.every(({ option, items }) => {
    const { authid, authrole } = session.principal;
    const keys = option.endsWith('_authid') ? [authid] : option.endsWith('_authrole') ? [authrole] : ids;
    return keys.some((key) => items.has(key)) === option.startsWith('eligible');
  });
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
  const lists: AudienceList[] = [];
  let weight = 0;
  const among = (option: AudienceList['option'], key: (session: Session) => Id | string): void => {
    const list: readonly (Id | string)[] | undefined = options[option];
    if (list === undefined) return;
    const items = new Members(list);
    const wanted = option.startsWith('eligible');
    tests.push((session) => items.has(key(session)) === wanted);
    lists.push({ option, items });
    weight += ENTRY + ITEM * items.size;
    for (const item of list) if (typeof item === 'string') weight += memoryOf(item);
  };
  among('eligible', (session) => session.id);
  among('eligible_authid', (session) => session.principal.authid);
  among('eligible_authrole', (session) => session.principal.authrole);
  among('exclude', (session) => session.id);
  among('exclude_authid', (session) => session.principal.authid);
  among('exclude_authrole', (session) => session.principal.authrole);
  return { tests, lists, weight };
}
