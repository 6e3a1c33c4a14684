/** Tail: the messages of one session, or the publications of a topic, live, as progressive results. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  type Dict,
  type Message,
  type Payload,
} from '@wamp/protocol';
import type { Clock, LocalInvocation, Publication, Realm, Session } from '@wamp/router';
import { z } from 'zod';
import { id, invalid, procedure, type Procedure } from './procedure.ts';
import { sessionOf } from './sessions.ts';
import { realmCalled, type AdminSurroundings } from './surroundings.ts';

/** The maximum number of simultaneous tails. */
const MOST_TAILS = 10;
/** The delay between the first entry of a progressive result and its transmission (ms). */
const PACE = 200;
/** The maximum number of entries, and of characters of JSON, in one progressive result; further entries are counted as omitted. */
const MOST_ENTRIES = 100;
const MOST_CHARACTERS = 65_536;
/** Longer payloads are not shown (bytes). */
const LONGEST_PAYLOAD = 16_384;
/** While more than this is queued for the operator, entries are omitted (bytes). */
const MOST_QUEUED = 262_144;

const TYPES = new Map<number, string>(Object.entries(MessageType).map(([name, type]) => [type, name]));

/** @param ownRealm name of the admin realm, which cannot be tailed because each result would cause another one */
export function tailProcedures(around: AdminSurroundings, ownRealm: string): readonly Procedure[] {
  const begin = beginner(around, ownRealm);
  const [realm, payloads] = [z.string(), z.boolean().default(false)];
  const match = z.enum(['exact', 'prefix', 'wildcard']).default('exact');
  return [
    procedure('session.tail', { realm, session: id(), payloads }, ({ session, ...given }, call) => {
      const within = realmCalled(around, given.realm);
      const watched = sessionOf(within, session);
      if (watched.watch === undefined) {
        throw new ApplicationError(ErrorUri.FEATURE_NOT_SUPPORTED, ['the session has no connection']);
      }
      const follow = (show: Show): (() => void) => followSession(within, watched, show);
      return begin(call, { realm: within, payloads: given.payloads, follow });
    }),
    procedure('topic.tail', { realm, topic: z.string(), match, payloads }, ({ topic, ...given }, call) => {
      const within = realmCalled(around, given.realm);
      const follow = (show: Show): (() => void) => followTopic(within, covers(given.match, topic), show);
      return begin(call, { realm: within, payloads: given.payloads, follow });
    }),
  ];
}

/** Begins a tail, unless there are too many, and answers its call when it ends. */
function beginner(
  around: AdminSurroundings,
  ownRealm: string,
): (call: LocalInvocation, wanted: WantedTail) => Promise<string> {
  const tails = new Set<Tail>();
  return (call, wanted) => {
    const { caller = 0, caller_authrole: role = '', receive_progress: isLive } = call.details;
    if (wanted.realm.name === ownRealm) throw invalid('realm: the admin realm cannot be tailed');
    if (isLive !== true) throw invalid('expected a call with progressive results');
    if (wanted.payloads && !around.seesPayloads(role)) {
      const why = 'the role may not see payloads (admin.realm.payloads)';
      throw new ApplicationError(ErrorUri.NOT_AUTHORIZED, [why]);
    }
    if (tails.size >= MOST_TAILS) throw new ApplicationError(ErrorUri.LIMIT_EXCEEDED, ['too many tails']);
    const tail = new Tail(call, around.router.realm(ownRealm)?.sessions.get(caller), wanted);
    tails.add(tail);
    return tail.ended.finally(() => tails.delete(tail));
  };
}

/** Shows one entry; `end` is called after the last one. */
interface Show {
  readonly entry: (facts: Dict, payload: Payload | undefined) => void;
  readonly end: () => void;
}

interface WantedTail {
  readonly realm: Realm;
  readonly payloads: boolean;
  /** Begins to show entries. @returns a function that stops it */
  readonly follow: (show: Show) => () => void;
}

/** One tail, from the call to its end. */
class Tail {
  /** Resolves when the session or realm that is followed is gone, or when the operator cancels. */
  readonly ended: Promise<string>;
  readonly #call: LocalInvocation;
  readonly #caller: Session | undefined;
  readonly #payloads: boolean;
  readonly #clock: Clock;
  #entries: Dict[] = [];
  #characters = 0;
  #omitted = 0;
  #dismiss: (() => void) | undefined;

  constructor(call: LocalInvocation, caller: Session | undefined, { realm, payloads, follow }: WantedTail) {
    this.#call = call;
    this.#caller = caller;
    this.#payloads = payloads;
    this.#clock = realm.clock;
    this.ended = new Promise((resolve) => {
      const end = (): void => {
        unfollow();
        this.#flush();
        resolve('ended');
      };
      const unfollow = follow({
        entry: (facts, payload) => {
          this.#add(facts, payload);
        },
        end,
      });
      call.signal.addEventListener('abort', () => {
        unfollow();
        this.#dismiss?.();
        resolve('canceled');
      });
    });
  }

  #add(facts: Dict, payload: Payload | undefined): void {
    this.#dismiss ??= this.#clock.after(PACE, () => {
      this.#flush();
    });
    if (this.#entries.length >= MOST_ENTRIES || this.#characters >= MOST_CHARACTERS || this.#isBehind) {
      this.#omitted += 1;
      return;
    }
    const entry = { time: new Date(this.#clock.now()).toISOString(), ...facts, ...this.#told(payload) };
    this.#characters += lengthOf(entry);
    this.#entries.push(entry);
  }

  /** Results cannot be dropped later, so none is sent while too much is queued for the operator. */
  get #isBehind(): boolean {
    return (this.#caller?.queued ?? 0) > MOST_QUEUED;
  }

  #told(payload: Payload | undefined): Dict {
    if (payload === undefined) return {};
    const { size } = payload;
    if (!this.#payloads || size > LONGEST_PAYLOAD) return { payload_bytes: size };
    const { args, kwargs } = payload.lend();
    return { payload_bytes: size, args, kwargs };
  }

  #flush(): void {
    this.#dismiss?.();
    this.#dismiss = undefined;
    const [entries, omitted] = [this.#entries, this.#omitted];
    if (entries.length === 0 && omitted === 0) return;
    [this.#entries, this.#characters, this.#omitted] = [[], 0, 0];
    if (!this.#isBehind) this.#call.progress({ args: [{ entries, omitted }] });
    else this.#omitted = omitted + entries.length;
  }
}

function followSession(realm: Realm, session: Session, { entry, end }: Show): () => void {
  const unwatch = session.watch?.((direction, message) => {
    entry({ direction, ...envelopeOf(message) }, 'payload' in message ? message.payload : undefined);
  });
  const unhook = realm.left.on((gone) => {
    if (gone === session) end();
  });
  return () => {
    unwatch?.();
    unhook();
  };
}

/** The elements of a message without its payload, by their names in the specification. */
function envelopeOf(message: Message): Dict {
  const { type, ...rest } = message;
  const told = Object.entries(rest).filter(([name]) => name !== 'payload' && !SECRET.has(name));
  return { type: TYPES.get(type) ?? String(type), ...Object.fromEntries(told) };
}

/** Elements that prove an identity, which are never shown. */
const SECRET: ReadonlySet<string> = new Set(['signature', 'extra']);

function followTopic(realm: Realm, isMeant: (topic: string) => boolean, { entry, end }: Show): () => void {
  const unhook = realm.removed.on(end);
  const unfollow = realm.broker.published.on((publication, subscriptions) => {
    if (!isMeant(publication.topic)) return;
    const subscribers = subscriptions.reduce((total, each) => total + each.subscribers.size, 0);
    entry({ ...factsOf(publication), subscribers }, publication.payload);
  });
  return () => {
    unhook();
    unfollow();
  };
}

function factsOf({ id: publication, topic, publisher, origin }: Publication): Dict {
  const who = publisher && { publisher: publisher.id, publisher_authid: publisher.principal.authid };
  return { topic, publication, origin: origin.kind, ...who };
}

/** Makes a test for the topics that a pattern matches. */
function covers(match: 'exact' | 'prefix' | 'wildcard', pattern: string): (topic: string) => boolean {
  if (match === 'exact') return (topic) => topic === pattern;
  if (match === 'prefix') return (topic) => topic.startsWith(pattern);
  const parts = pattern.split('.');
  return (topic) => {
    const given = topic.split('.');
    return (
      given.length === parts.length && parts.every((part, index) => part === '' || part === given[index])
    );
  };
}

function lengthOf(entry: Dict): number {
  try {
    return JSON.stringify(entry, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
      .length;
  } catch {
    return MOST_CHARACTERS;
  }
}
