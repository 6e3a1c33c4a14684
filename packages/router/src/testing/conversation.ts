/** Runs a conversation against a router: the messages that each client sends and receives. */
import {
  json,
  MessageType,
  rolesOf,
  type ClientRole,
  type Dict,
  type Serializer,
  type Transport,
} from '@wamp/protocol';
import type { Router } from '../host.ts';
import type { Log } from '../log.ts';
import type { RouterOptions } from '../router-options.ts';
import { createRouter } from '../create-router.ts';
import { inMemory } from '../transports/in-memory.ts';
import { ManualClock } from './manual-clock.ts';
import { FarPeer, NearPeer, until, type Peer } from './peer.ts';
import { fill, matchesTemplate, parseScript, type ScriptLine } from './script.ts';

/** How one client of a conversation differs from the others. */
export interface PeerOptions {
  readonly serializer?: Serializer;
  /** The longest frame that it accepts, in bytes; unlimited by default, and always unlimited with `connect`. */
  readonly limit?: number;
  readonly realm?: string;
  /** The `roles` of its HELLO; all roles with all features by default. */
  readonly roles?: Dict;
  /** Additional HELLO.Details. */
  readonly details?: Dict;
  /** False for a client that does not join by itself. */
  readonly joins?: boolean;
}

export interface ConversationOptions {
  readonly router?: Partial<RouterOptions>;
  /** The serializer of all clients, unless `peers` says otherwise; JSON by default. */
  readonly serializer?: Serializer;
  /** True when the test provokes faults of the router or of a plug-in. */
  readonly faults?: boolean;
  readonly peers?: Readonly<Record<string, PeerOptions>>;
  /**
   * Connects a client to the router, and returns the client's end; in memory by default. Over any other transport, time
   * is real except for `clock`: each line waits for its message, and silence is proved by the answer to a later
   * request, so `strictRequestIds` cannot be used there.
   */
  readonly connect?: (router: Router, serializer: Serializer) => Promise<Transport>;
}

/** Every feature that a client of a conversation announces. */
export const ALL_FEATURES: Readonly<Record<ClientRole, readonly string[]>> = {
  publisher: [
    'publisher_identification',
    'publisher_exclusion',
    'subscriber_blackwhite_listing',
    'payload_passthru_mode',
  ],
  subscriber: [
    'publisher_identification',
    'pattern_based_subscription',
    'publication_trustlevels',
    'subscription_revocation',
    'payload_passthru_mode',
  ],
  caller: [
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_timeout',
    'caller_identification',
    'payload_passthru_mode',
  ],
  callee: [
    'progressive_call_results',
    'progressive_call_invocations',
    'call_canceling',
    'call_timeout',
    'caller_identification',
    'call_trustlevels',
    'pattern_based_registration',
    'shared_registration',
    'registration_revocation',
    'call_reroute',
    'payload_passthru_mode',
  ],
};

/** Where a conversation takes place: the nodes of a cluster. */
export interface Venue {
  /** The node of a client. */
  nodeOf(peer: string): Router;
  readonly nodes: readonly Router[];
  /** Lets happen at all nodes what takes no time. */
  settle(): Promise<void>;
}

/**
 * Plays a script in which each line is one message, in the notation of the specification:
 *
 * ```text
 * callee → [64, 1, {}, "com.add"]
 * callee ← [65, 1, $registration]
 * caller → [48, 1, {}, "com.add", [1, 2]]
 * callee ← [68, 1, $registration, {}, [1, 2]]
 * ```
 *
 * All clients first join `realm1`, in order of appearance, and the session id of each is the variable of its name
 * (`$callee`). A client whose first line is HELLO, or whose options say so, does not join by itself. `*` matches
 * anything, `{"a": 1, ...}` a dict with further keys. `x → closed` closes the transport, `x ← closed` expects its end;
 * `x → raw text` sends a frame that is not a list; `x ← nothing` expects silence so far; `clock +5000` advances the
 * clock by five seconds, `date -5000` sets the date back by as much; `router drains 5000` drains the router, for at
 * most five seconds. An unexpected message fails the conversation, at the latest at its end.
 *
 * @throws Error with the line and the message that was received instead
 */
export function converse(script: string, options: ConversationOptions = {}): Promise<void> {
  return converseAt((settings: RouterOptions) => Promise.resolve(new OneRouter(settings)), script, options);
}

/** Like {@link converse}, with the clients on nodes that `open` chooses. */
export async function converseAt(
  open: (options: RouterOptions, clock: ManualClock) => Promise<Venue>,
  script: string,
  options: ConversationOptions = {},
): Promise<void> {
  const lines = parseScript(script);
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const faults: Error[] = [];
  const log: Log = (level, what, facts) => {
    if (level === 'error') faults.push(new Error(what, { cause: facts['error'] }));
    options.router?.log?.(level, what, facts);
  };
  const venue = await open({ realms: ['realm1'], clock, ...options.router, log }, clock);
  const stage = new Stage(options, venue, clock, faults);
  for (const line of lines) if ('peer' in line) await stage.enter(line);
  for (const line of lines) await stage.play(line);
  await stage.end();
}

class OneRouter implements Venue {
  readonly nodes: readonly Router[];
  readonly #router: Router;

  constructor(options: RouterOptions) {
    this.#router = createRouter(options);
    this.nodes = [this.#router];
  }

  nodeOf(): Router {
    return this.#router;
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }
}

class Stage {
  readonly #clock: ManualClock;
  readonly #venue: Venue;
  readonly #options: ConversationOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #variables = new Map<string, unknown>();
  /** Faults of the routers themselves. */
  readonly #faults: readonly Error[];

  constructor(options: ConversationOptions, venue: Venue, clock: ManualClock, faults: readonly Error[]) {
    this.#options = options;
    this.#venue = venue;
    this.#clock = clock;
    this.#faults = faults;
  }

  /** Connects the client of a line, and joins it unless the script does. */
  async enter(line: ScriptLine & { readonly peer: string }): Promise<void> {
    if (this.#peers.has(line.peer)) return;
    const options = this.#options.peers?.[line.peer] ?? {};
    const peer = await this.#connect(line.peer, options);
    this.#peers.set(line.peer, peer);
    const says: unknown = 'message' in line && Array.isArray(line.message) ? line.message[0] : undefined;
    if (options.joins === false || (line.kind === 'send' && says === MessageType.HELLO)) return;
    const { realm = 'realm1', roles = rolesOf(ALL_FEATURES), details = {} } = options;
    peer.send([MessageType.HELLO, realm, { roles, ...details }]);
    await peer.arrival();
    await this.#venue.settle();
    const welcome = peer.next();
    if (welcome?.[0] !== MessageType.WELCOME) throw failure(`${line.peer} joins`, welcome);
    this.#variables.set(line.peer, welcome[1]);
  }

  async #connect(
    name: string,
    { serializer = this.#options.serializer ?? json, limit = Infinity }: PeerOptions,
  ): Promise<Peer> {
    const { connect } = this.#options;
    const router = this.#venue.nodeOf(name);
    if (connect === undefined) return new NearPeer(inMemory(router, serializer, limit));
    return new FarPeer(await connect(router, serializer));
  }

  async play(line: ScriptLine): Promise<void> {
    if (line.kind === 'wait') {
      this.#clock.advance(line.ms);
      await this.#venue.settle();
      return;
    }
    if (line.kind === 'date') {
      this.#clock.set(this.#clock.now() + line.ms);
      return;
    }
    if (line.kind === 'drain') {
      for (const router of this.#venue.nodes) void router.drain(line.ms).then(() => router.close());
      return;
    }
    const peer = this.#peers.get(line.peer);
    if (peer === undefined) throw new Error(`there is no peer ${line.peer}`);
    if (line.kind === 'send') peer.send(fill(line.message, this.#variables));
    else if (line.kind === 'send-raw') peer.transport.send(new TextEncoder().encode(line.raw));
    else if (line.kind === 'hang-up') peer.transport.close();
    await this.#await(line.kind, peer, line.peer);
    if (line.kind === 'expect') this.#expect(line.text, peer, line.message);
    if (line.kind === 'expect-nothing' && peer.heard.length > 0) throw failure(line.text, peer.next());
    if (line.kind === 'expect-closed' && (!peer.closed || peer.heard.length > 0)) {
      throw failure(line.text, peer.next() ?? 'the transport is open');
    }
  }

  /** Waits until the message or event of a line has arrived. */
  async #await(kind: ScriptLine['kind'], peer: Peer, name: string): Promise<void> {
    await this.#venue.settle();
    if (kind === 'expect') await peer.arrival();
    else if (kind === 'expect-closed') await peer.departure();
    else if (kind === 'hang-up') {
      await peer.departure();
      await until(() => !this.#isJoined(name));
    } else await peer.settle();
  }

  /** Whether the session is still joined. */
  #isJoined(name: string): boolean {
    const session = this.#variables.get(name);
    const realm = this.#venue.nodeOf(name).realm(this.#options.peers?.[name]?.realm ?? 'realm1');
    return typeof session === 'number' && realm?.sessions.has(session) === true;
  }

  async end(): Promise<void> {
    await this.#venue.settle();
    for (const peer of this.#peers.values()) await peer.settle();
    for (const [name, peer] of this.#peers) {
      if (peer.heard.length > 0) throw failure(`${name} receives nothing more`, peer.next());
    }
    const [fault] = this.#faults;
    if (fault !== undefined && this.#options.faults !== true) throw fault;
  }

  #expect(text: string, peer: Peer, template: unknown): void {
    const heard = peer.next();
    if (heard === undefined) throw failure(text, peer.closed ? 'the transport was closed' : 'silence');
    const trial = new Map(this.#variables);
    if (!matchesTemplate(template, heard, trial)) throw failure(text, heard);
    for (const [name, value] of trial) this.#variables.set(name, value);
  }
}

function failure(expected: string, heard: unknown): Error {
  const text = heard === undefined ? 'silence' : typeof heard === 'string' ? heard : JSON.stringify(heard);
  return new Error(`expected: ${expected}\nreceived: ${text}`);
}
