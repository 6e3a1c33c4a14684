/** Who may get a publication, decided once per publication (spec: Subscriber Black- and Whitelisting). */
import type { PublishOptions } from '@wamp/protocol';
import type { Publication } from './publication.ts';
import type { Session } from './session.ts';

/** True for a session that may get the event. */
export type Eligible = (session: Session) => boolean;

/**
 * The test for one publication; undefined when everyone passes. A list that is present counts, even
 * when it is empty: `eligible: []` means nobody (T-20). The publisher is left out unless it said
 * `exclude_me: false`, whatever the lists say.
 */
export function eligibility(publication: Publication): Eligible | undefined {
  const { options, publisher } = publication;
  const excluded = options.exclude_me === false ? undefined : publisher?.id;
  const lists = hasLists(options) ? listTests(options) : NO_TESTS;
  if (lists.length === 0) return excluded === undefined ? undefined : (session) => session.id !== excluded;
  return (session) => session.id !== excluded && lists.every((passes) => passes(session));
}

const NO_TESTS: readonly Eligible[] = [];

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

function listTests(options: PublishOptions): readonly Eligible[] {
  return [
    among(options.eligible, (session) => session.id, true),
    among(options.eligible_authid, (session) => session.principal.authid, true),
    among(options.eligible_authrole, (session) => session.principal.authrole, true),
    among(options.exclude, (session) => session.id, false),
    among(options.exclude_authid, (session) => session.principal.authid, false),
    among(options.exclude_authrole, (session) => session.principal.authrole, false),
  ].filter((test) => test !== undefined);
}

function among<T>(
  list: readonly T[] | undefined,
  key: (session: Session) => T,
  wanted: boolean,
): Eligible | undefined {
  if (list === undefined) return undefined;
  const set = new Set(list);
  return (session) => set.has(key(session)) === wanted;
}
