/** The position from which a subscriber asks for the events that it has missed: the arguments of `wamp.subscription.recover`. */
import { isId, type Id, type Kwargs } from '@wamp/protocol';
import { invalid } from './arguments.ts';
import { given, limitFilter } from './history-filters.ts';
import type { SeenNumbers } from './shared-history.ts';

/** The most events in an answer, and the default of `limit`. */
const MOST_EVENTS = 500;
/** The most former sessions that a subscriber may name. */
const MOST_SESSIONS = 100;
/** The most nodes of which a subscriber may say what it has. */
const MOST_SEEN = 256;

/** The position of a subscriber in a log, and its former sessions. */
export interface Position {
  readonly epoch: Id | undefined;
  /** The offset of the last event that it knows; 0 before the first. */
  readonly offset: number;
  readonly limit: number;
  /** Ids of its former sessions. */
  readonly former: readonly Id[];
  /** What it has of each node, in a realm that a cluster shares. */
  readonly seen: SeenNumbers | undefined;
}

/** @throws ApplicationError `wamp.error.invalid_argument` that names the invalid argument */
export function positionOf(kwargs: Kwargs): Position {
  const epoch = given(kwargs, 'epoch');
  if (epoch !== undefined && !isId(epoch)) throw invalid('epoch: expected the id from an earlier answer');
  const offset = given(kwargs, 'offset');
  if (epoch === undefined && offset !== undefined) throw invalid('offset: requires epoch');
  if (epoch !== undefined && !isOffset(offset)) throw invalid('offset: expected an integer of 0 or more');
  return {
    epoch,
    offset: isOffset(offset) ? offset : 0,
    limit: Math.min(limitFilter(kwargs) ?? MOST_EVENTS, MOST_EVENTS),
    former: sessionsOf(given(kwargs, 'sessions') ?? []),
    seen: seenOf(given(kwargs, 'seen')),
  };
}

function isOffset(value: unknown): value is number {
  return value === 0 || (isId(value) && Number.isSafeInteger(value));
}

function sessionsOf(value: unknown): readonly Id[] {
  if (!isListOfIds(value)) throw invalid('sessions: expected a list of session ids');
  if (value.length > MOST_SESSIONS) {
    throw invalid(`sessions: expected at most ${MOST_SESSIONS} ids, not ${value.length}`);
  }
  return value;
}

function seenOf(value: unknown): SeenNumbers | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(NOT_SEEN);
  const { length } = Object.keys(value);
  if (length > MOST_SEEN) throw invalid(`seen: expected at most ${MOST_SEEN} entries, not ${length}`);
  if (!isSeen(value)) throw invalid(NOT_SEEN);
  return value;
}

function isSeen(value: object): value is SeenNumbers {
  return Object.values(value).every((number) => isOffset(number));
}

const NOT_SEEN = 'seen: expected the dict from an earlier answer';

function isListOfIds(value: unknown): value is readonly Id[] {
  return Array.isArray(value) && value.every((item) => isId(item));
}
