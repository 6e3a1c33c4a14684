/** The ordering guarantees O1 … O8, ORD-1 … ORD-4 over full connections, while permissions come late and in any order. */
import { MessageType, type MatchPolicy, type Serializer } from '@wamp/protocol';
import { createRouter, type Authorizer, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { Client, serializer, settle } from './clients.ts';
import { check, show, TIME_LIMIT, Transcript, usually } from './sequences.ts';
import type { Heard } from './stage.ts';

const NAMES = ['ann', 'bob', 'eve'] as const;
type Who = (typeof NAMES)[number];

type Move =
  | { readonly do: 'turn' }
  | { readonly do: 'subscribe'; readonly who: Who; readonly match: MatchPolicy; readonly topic: string }
  | { readonly do: 'unsubscribe'; readonly who: Who; readonly which: number }
  | {
      readonly do: 'publish';
      readonly who: Who;
      readonly topic: string;
      readonly acknowledge: boolean;
      readonly exclude_me: boolean;
    }
  | { readonly do: 'register'; readonly who: Who; readonly match: MatchPolicy; readonly procedure: string }
  | { readonly do: 'unregister'; readonly who: Who; readonly which: number }
  | { readonly do: 'call'; readonly who: Who; readonly procedure: string; readonly progress: boolean }
  | { readonly do: 'yield'; readonly who: Who; readonly which: number; readonly progress: boolean }
  | { readonly do: 'leave'; readonly who: Who }
  /** The authorizer makes up its mind about one of those that wait for it. */
  | { readonly do: 'decide'; readonly which: number };

/** Permissions for what says `slow` come late; for what says `never`, they are refused. */
const topic = fc.constantFrom('a', 'a.b', 'slow', 'slow.b', 'a.never');
const match = fc.constantFrom<MatchPolicy>('exact', 'exact', 'prefix');
const who = fc.constantFrom(...NAMES);
const which = fc.nat(4);
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('turn') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('subscribe'), who, match, topic }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe'), who, which }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('publish'),
      who,
      topic,
      acknowledge: fc.boolean(),
      exclude_me: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('register'), who, match, procedure: topic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unregister'), who, which }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('call'), who, procedure: topic, progress: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('yield'), who, which, progress: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave'), who }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('decide'), which }) },
);

interface Course {
  readonly serializers: readonly [Serializer, Serializer, Serializer];
  readonly moves: readonly Move[];
}

/** One of the clients, and what it has to remember to go on. */
interface Actor {
  readonly client: Client;
  /** What it has sent, by request number. */
  readonly sent: Map<number, Heard>;
  readonly subscriptions: number[];
  readonly registrations: number[];
  /** Invocations that it has not answered. */
  readonly invocations: number[];
}

/** Where a client may be called that is to tell what it has heard before. */
const probe = (name: string): string => `probe.${name}`;

class Run {
  readonly #transcript = new Transcript();
  readonly #router: Router;
  readonly #serializers: Course['serializers'];
  readonly #actors = new Map<Who, Actor>();
  readonly #watcher: Client;
  /** Verdicts that wait to be spoken. */
  readonly #undecided: (() => void)[] = [];
  #published = 0;
  #called = 0;
  #progressive = 0;

  constructor({ serializers }: Course) {
    this.#serializers = serializers;
    const authorizer: Authorizer = {
      authorize: (_principal, _action, uri) => {
        const verdict = !uri.includes('never');
        if (!uri.includes('slow')) return verdict;
        return new Promise((resolve) => {
          this.#undecided.push(() => {
            resolve(verdict);
          });
        });
      },
    };
    const clock = new ManualClock(Date.UTC(2026, 0, 1));
    this.#router = createRouter({ realms: ['realm1'], authorizer, clock });
    this.#watcher = new Client('watcher', this.#router, serializers[0], new Transcript());
  }

  async run(moves: readonly Move[]): Promise<void> {
    await settle();
    this.#watcher.request(MessageType.SUBSCRIBE, { match: 'prefix' }, 'wamp.');
    await settle();
    NAMES.forEach((name, index) => this.#join(name, this.#serializers[index] ?? this.#serializers[0]));
    await settle();
    for (const name of NAMES) this.#actor(name).client.request(MessageType.REGISTER, {}, probe(name));
    await settle();
    for (const next of moves) {
      if (next.do === 'turn') await settle();
      else this.#make(next);
    }
    await this.#finish();
    for (const name of NAMES) this.#checkEvents(name);
    for (const name of NAMES) this.#checkInvocations(name);
    for (const name of NAMES) this.#checkAnswers(name);
    for (const name of NAMES) this.#checkHandOver(name);
    this.#checkMeta();
  }

  #actor(name: Who): Actor {
    const actor = this.#actors.get(name);
    if (actor === undefined) throw new Error(`${name} has not joined`);
    return actor;
  }

  #join(name: Who, form: Serializer): void {
    const client = new Client(name, this.#router, form, this.#transcript);
    const actor: Actor = { client, sent: new Map(), subscriptions: [], registrations: [], invocations: [] };
    client.react = (message) => {
      this.#hears(name, actor, message);
    };
    this.#actors.set(name, actor);
  }

  #make(next: Exclude<Move, { readonly do: 'turn' }>): void {
    if (next.do === 'decide') {
      this.#undecided.splice(next.which % (this.#undecided.length + 1), 1)[0]?.();
      return;
    }
    const actor = this.#actor(next.who);
    if (actor.client.closed) return;
    switch (next.do) {
      case 'subscribe':
        this.#say(actor, [MessageType.SUBSCRIBE, { match: next.match }, next.topic]);
        return;
      case 'unsubscribe': {
        const subscription = actor.subscriptions[next.which];
        if (subscription !== undefined) this.#say(actor, [MessageType.UNSUBSCRIBE, subscription]);
        return;
      }
      case 'publish': {
        const options = { acknowledge: next.acknowledge, exclude_me: next.exclude_me };
        this.#published += 1;
        this.#say(actor, [MessageType.PUBLISH, options, next.topic, [next.who, this.#published]]);
        return;
      }
      case 'register':
        this.#say(actor, [MessageType.REGISTER, { match: next.match }, next.procedure]);
        return;
      case 'unregister': {
        const registration = actor.registrations[next.which];
        if (registration !== undefined) this.#say(actor, [MessageType.UNREGISTER, registration]);
        return;
      }
      case 'call': {
        this.#called += 1;
        const options = next.progress ? { receive_progress: true } : {};
        this.#say(actor, [MessageType.CALL, options, next.procedure, [next.who, this.#called]]);
        return;
      }
      case 'yield':
        this.#yield(actor, next.which % Math.max(1, actor.invocations.length), next.progress);
        return;
      case 'leave':
        actor.client.leave();
        return;
    }
  }

  /** Sends a request, and remembers it under its number. */
  #say(actor: Actor, [type, ...rest]: readonly [MessageType, ...unknown[]]): void {
    actor.sent.set(actor.client.request(type, ...rest), [type, ...rest]);
  }

  #yield({ client, invocations }: Actor, index: number, progress: boolean): void {
    const invocation = invocations[index];
    if (invocation === undefined) return;
    this.#progressive += 1;
    client.send([MessageType.YIELD, invocation, progress ? { progress } : {}, [this.#progressive]]);
    if (!progress) invocations.splice(index, 1);
  }

  #hears(name: Who, actor: Actor, message: Heard): void {
    const [type, first, second, , args] = message;
    switch (type) {
      case MessageType.SUBSCRIBED:
        actor.subscriptions.push(Number(second));
        return;
      case MessageType.REGISTERED:
        actor.registrations.push(Number(second));
        return;
      case MessageType.INVOCATION:
        // A probe is answered at once, the rest when it pleases.
        if (Array.isArray(args) && args[0] === 'probe') actor.client.send([MessageType.YIELD, first, {}]);
        else actor.invocations.push(Number(first));
        return;
      case MessageType.PUBLISHED:
        // O7: whoever is told by the publisher has heard of the event already.
        for (const other of NAMES) {
          if (other !== name) this.#say(actor, [MessageType.CALL, {}, probe(other), ['probe', second]]);
        }
        return;
    }
  }

  /** All verdicts are spoken, the latest first; all invocations are answered; all but the watcher leave. */
  async #finish(): Promise<void> {
    do {
      await settle();
      this.#undecided.pop()?.();
      for (const name of NAMES) this.#yield(this.#actor(name), 0, false);
      await settle();
    } while (this.#undecided.length > 0 || NAMES.some((name) => this.#isBusy(this.#actor(name))));
    this.#transcript.note('all is done');
    for (const name of NAMES) if (!this.#actor(name).client.closed) this.#checkComplete(name);
    for (const name of NAMES) {
      this.#actor(name).client.leave();
      await settle();
    }
  }

  #isBusy({ client, invocations }: Actor): boolean {
    return !client.closed && invocations.length > 0;
  }

  /** O1, O2: events of one publisher come in its order, and only while one is subscribed. */
  #checkEvents(name: Who): void {
    const { client, sent } = this.#actor(name);
    const active = new Set<unknown>();
    const latest = new Map<unknown, number>();
    for (const [type, first, second, , args] of client.log) {
      if (type === MessageType.SUBSCRIBED) active.add(second);
      if (type === MessageType.UNSUBSCRIBED) active.delete(sent.get(Number(first))?.[1]);
      if (type !== MessageType.EVENT) continue;
      if (!active.has(first)) this.#fail('O2', `${name} hears an event of subscription ${String(first)}`);
      const [publisher, number] = pair(args);
      if (number < (latest.get(publisher) ?? 0)) this.#fail('O1', `${name} hears event ${number} too late`);
      latest.set(publisher, number);
    }
  }

  /** O3, O4: calls of one caller come in its order, and only while one is registered. */
  #checkInvocations(name: Who): void {
    const { client, sent } = this.#actor(name);
    const active = new Set<unknown>();
    const latest = new Map<unknown, number>();
    for (const [type, first, second, , args] of client.log) {
      if (type === MessageType.REGISTERED) active.add(second);
      if (type === MessageType.UNREGISTERED) active.delete(sent.get(Number(first))?.[1]);
      if (type !== MessageType.INVOCATION) continue;
      if (!active.has(second)) this.#fail('O4', `${name} is invoked for registration ${String(second)}`);
      const [caller, number] = pair(args);
      if (caller === 'probe') continue;
      if (number <= (latest.get(caller) ?? 0)) this.#fail('O3', `${name} hears call ${number} too late`);
      latest.set(caller, number);
    }
  }

  /** O5, O6: progress comes in order, nothing after the final answer, and no second one. */
  #checkAnswers(name: Who): void {
    const over = new Set<unknown>();
    const latest = new Map<unknown, number>();
    for (const message of this.#actor(name).client.log) {
      const request = answeredBy(message);
      if (request === undefined) continue;
      if (over.has(request)) this.#fail('O5', `${name}'s call ${show(request)} was answered already`);
      if (!isProgress(message)) over.add(request);
      else {
        const [number] = Array.isArray(message[3]) ? (message[3] as number[]) : [];
        if (Number(number) <= (latest.get(request) ?? 0)) this.#fail('O5', `${name} hears progress too late`);
        latest.set(request, Number(number));
      }
    }
  }

  /** O6, and as much for all the other requests: each has been answered. */
  #checkComplete(name: Who): void {
    const { client, sent } = this.#actor(name);
    const answered = new Set(client.log.filter((message) => !isProgress(message)).map(requestOf));
    for (const [request, [type, options]] of sent) {
      const silent = type === MessageType.PUBLISH && !JSON.stringify(options).includes('"acknowledge":true');
      if (!silent && !answered.has(request))
        this.#fail('O6', `${name}'s request ${String(request)} has no answer`);
    }
  }

  /** O7: when PUBLISHED has come, so has the event, to everybody. */
  #checkHandOver(name: Who): void {
    const probed = new Set<unknown>();
    for (const [type, , second, , args] of this.#actor(name).client.log) {
      const [kind, publication] = pair(args);
      if (type === MessageType.INVOCATION && kind === 'probe') probed.add(publication);
      if (type === MessageType.EVENT && probed.has(second)) {
        this.#fail('O7', `${name} hears event ${String(second)} after its PUBLISHED took effect`);
      }
    }
  }

  /** O8: created before used, deleted after that, and nothing of a session before it joins or after it has left. */
  #checkMeta(): void {
    const alive = new Map<string, Set<number>>([
      ['session', new Set()],
      ['subscription', new Set()],
      ['registration', new Set()],
    ]);
    for (const [type, , , details, args] of this.#watcher.log) {
      if (type !== MessageType.EVENT) continue;
      const event = topicOf(details);
      const [, kind = '', what = ''] = event.split('.');
      const [session, object] = idsOf(args);
      const here = alive.get('session');
      const objects = alive.get(kind);
      if (what === 'on_join') here?.add(session);
      else if (here?.has(session) !== true && session !== this.#watcher.session)
        this.#fail('O8', `${event} of session ${session}, which is not there`);
      if (what === 'on_leave') here?.delete(session);
      if (kind === 'session') continue;
      if (what === 'on_create') objects?.add(object);
      else if (objects?.has(object) !== true)
        this.#fail('O8', `${event} of ${kind} ${object}, which is not there`);
      if (what === 'on_delete') objects?.delete(object);
    }
    for (const [kind, left] of alive)
      if (left.size > 0) this.#fail('O8', `nobody was told of the end of ${kind} ${[...left].join(', ')}`);
  }

  #fail(property: string, why: string): never {
    return this.#transcript.fail(`${property}: ${why}`);
  }
}

/** Who sent it, and the sender's number for it. */
function pair(args: unknown): readonly [unknown, number] {
  return Array.isArray(args) ? [args[0], Number(args[1])] : [undefined, 0];
}

/** The session and the object that a meta event is about. */
function idsOf(args: unknown): readonly [number, number] {
  const [first, second] = (Array.isArray(args) ? args : []) as unknown[];
  return [idIn(first, 'session'), idIn(second, 'id')];
}

function idIn(value: unknown, key: string): number {
  if (typeof value !== 'object' || value === null) return Number(value);
  return Number(new Map<string, unknown>(Object.entries(value)).get(key));
}

function topicOf(details: unknown): string {
  return typeof details === 'object' && details !== null && 'topic' in details ? String(details.topic) : '';
}

/** The request of any kind that a message answers. */
function requestOf([type, first, second]: Heard): unknown {
  return type === MessageType.ERROR ? second : type === MessageType.EVENT ? undefined : first;
}

/** The CALL that a message answers. */
function answeredBy(message: Heard): unknown {
  const isError = message[0] === MessageType.ERROR && message[1] === MessageType.CALL;
  return isError || message[0] === MessageType.RESULT ? requestOf(message) : undefined;
}

function isProgress([type, , details]: Heard): boolean {
  return type === MessageType.RESULT && JSON.stringify(details).includes('"progress":true');
}

describe('order', () => {
  const courses: fc.Arbitrary<Course> = fc.record({
    serializers: fc.tuple(serializer, serializer, serializer),
    moves: fc.array(move, { maxLength: 80, size: 'max' }),
  });

  test(
    'O1 … O8 hold, for all serializers and whenever authorizations are decided',
    () => check('ordering', courses, (course) => new Run(course).run(course.moves), usually(1 / 4)),
    TIME_LIMIT,
  );
});
