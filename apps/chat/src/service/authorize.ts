/** The dynamic authorizer: what an account may do. What is not listed here is denied. */
import type { Room } from '../common/contract.ts';
import { MESSAGES, PRESENCE, readTopic, ROLL_CALL, ROOMS_CHANGED } from '../common/topics.ts';
import type { Rooms } from './rooms.ts';

/** A request that the router wants to be judged. */
export interface Request {
  readonly name: string;
  readonly action: string;
  readonly uri: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** `cache`: whether it holds for every request of that role, name, action and URI. */
export type Answer = false | { readonly allow: true; readonly disclose: true; readonly cache: boolean };

const ALWAYS: Answer = { allow: true, disclose: true, cache: true };
/** Depends on members, who come and go, or on the options of the request. */
const THIS_TIME: Answer = { allow: true, disclose: true, cache: false };

/** Not `wamp.session.get`: it discloses the network address of any session. */
const ROUTER_PROCEDURES: ReadonlySet<string> = new Set([
  'wamp.session.add_testament',
  'wamp.session.flush_testaments',
  'wamp.subscription.get_events',
  'wamp.subscription.recover',
]);
const TOPICS_FOR_ALL: ReadonlySet<string> = new Set([ROOMS_CHANGED, PRESENCE, ROLL_CALL]);

/** @param served the procedures of the service */
export function authorize(rooms: Rooms, served: ReadonlySet<string>, request: Request): Answer {
  const { action, uri } = request;
  if (action === 'call') return ROUTER_PROCEDURES.has(uri) || served.has(uri) ? ALWAYS : false;
  if (action === 'subscribe') return maySubscribe(rooms, request);
  if (action === 'publish') return uri === PRESENCE ? ALWAYS : mayPublish(rooms, request);
  return false;
}

function maySubscribe(rooms: Rooms, { name, uri, options }: Request): Answer {
  const match = options['match'] ?? 'exact';
  // Messages of private rooms name their receivers, so that subscribing to all rooms discloses none of them.
  if (match === 'wildcard') return uri === MESSAGES ? THIS_TIME : false;
  if (match !== 'exact') return false;
  if (TOPICS_FOR_ALL.has(uri)) return THIS_TIME;
  const topic = readTopic(uri);
  return topic !== undefined && rooms.visibleTo(name, topic.room) !== undefined ? THIS_TIME : false;
}

/** Messages go through the service, which bounds what an account adds to the log. Signs of typing are not recorded. */
function mayPublish(rooms: Rooms, { name, uri, options }: Request): Answer {
  const topic = readTopic(uri);
  const room = topic?.kind === 'typing' ? rooms.visibleTo(name, topic.room) : undefined;
  if (room === undefined) return false;
  if (room.kind === 'public') return ALWAYS;
  return namesExactly(room, options) ? THIS_TIME : false;
}

/** The members have to be the only receivers, and all of them. */
function namesExactly({ members }: Room, options: Readonly<Record<string, unknown>>): boolean {
  const eligible: unknown = options['eligible_authid'];
  if (!Array.isArray(eligible)) return false;
  return eligible.length === members.length && members.every((member) => eligible.includes(member));
}
