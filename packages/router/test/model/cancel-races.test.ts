/** One call, and everything that can happen to it at once: it is answered once, and leaves nothing behind (CAN-6, X1). */
import {
  MessageType,
  type Announcement,
  type CallOptions,
  type CancelMode,
  type RegisterOptions,
  type Serializer,
} from '@wamp/protocol';
import { createRouter, type Realm, type Router } from '@wamp/router';
import { ALL_FEATURES, ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { Client, serializer, settle } from './clients.ts';
import { check, show, TIME_LIMIT, Transcript } from './sequences.ts';
import type { Heard } from './stage.ts';

/** What happens; between two turns it happens at once, before anybody has heard of anything. */
type Move =
  | { readonly do: 'turn' }
  | { readonly do: 'cancel'; readonly mode: CancelMode | undefined }
  | { readonly do: 'input'; readonly last: boolean }
  | { readonly do: 'yield'; readonly progress: boolean }
  | { readonly do: 'error'; readonly error: string }
  | { readonly do: 'unregister' }
  | { readonly do: 'leave'; readonly side: 'caller' | 'callee'; readonly how: 'closed' | 'goodbye' | 'abort' }
  | { readonly do: 'wait'; readonly ms: number };

interface Race {
  readonly serializers: readonly [Serializer, Serializer];
  /** Whether the caller calls itself. */
  readonly alone: boolean;
  /** What the callee has not announced. */
  readonly lacks: readonly string[];
  readonly register: RegisterOptions;
  readonly call: CallOptions;
  readonly moves: readonly Move[];
}

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('turn') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('cancel'),
      mode: fc.constantFrom<(CancelMode | undefined)[]>('skip', 'kill', 'kill', 'killnowait', undefined),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('input'), last: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('yield'), progress: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('error'),
      error: fc.constantFrom('com.error', 'wamp.error.unavailable', 'wamp.error.canceled'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unregister') }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('leave'),
      side: fc.constantFrom('caller', 'callee'),
      how: fc.constantFrom('closed', 'goodbye', 'abort'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.constantFrom(4, 6, 10) }) },
);

const optional = { requiredKeys: [] };
const races: fc.Arbitrary<Race> = fc.record({
  serializers: fc.tuple(serializer, serializer),
  alone: fc.oneof({ weight: 7, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  lacks: fc.subarray(['call_canceling', 'call_reroute', 'call_timeout', 'progressive_call_invocations'], {
    maxLength: 2,
  }),
  register: fc.record({ concurrency: fc.constant(1), forward_timeout: fc.constant(true) }, optional),
  call: fc.record(
    { timeout: fc.constant(10), receive_progress: fc.constant(true), progress: fc.constant(true) },
    optional,
  ),
  moves: fc.array(move, { maxLength: 16, size: 'max' }),
});

const PROCEDURE = 'com.work';

class Track {
  readonly #race: Race;
  readonly #transcript = new Transcript();
  readonly #clock = new ManualClock(Date.UTC(2026, 0, 1));
  readonly #router: Router = createRouter({ realms: ['realm1'], clock: this.#clock });
  readonly #caller: Client;
  readonly #callee: Client;
  /** The call's number, and its invocation's; 0 until there is one. */
  #request = 0;
  #invocation = 0;
  #registration = 0;
  #streaming: boolean;
  /** True while the callee owes an answer: it is neither given nor waived by `killnowait`. */
  #owes = false;
  #progressive = 0;
  /** What the final answer may be, after what has happened. */
  readonly #answers = new Set<string>();
  #waited = 0;

  constructor(race: Race) {
    this.#race = race;
    const [one, other] = race.serializers;
    const announces: Announcement<'caller' | 'callee'> = {
      ...ALL_FEATURES,
      callee: ALL_FEATURES.callee.filter((feature) => !race.lacks.includes(feature)),
    };
    if (race.lacks.length > 0) this.#transcript.note(`callee lacks ${race.lacks.join(', ')}`);
    this.#callee = new Client('callee', this.#router, one, this.#transcript, announces);
    this.#caller = race.alone ? this.#callee : new Client('caller', this.#router, other, this.#transcript);
    this.#streaming = race.call.progress === true;
    if (this.#streaming) this.#answers.add('wamp.error.feature_not_supported');
    this.#callee.react = (message) => {
      this.#calleeHears(message);
    };
  }

  async run(): Promise<void> {
    await settle();
    this.#callee.request(MessageType.REGISTER, this.#race.register, PROCEDURE);
    await settle();
    this.#request = this.#caller.request(MessageType.CALL, this.#race.call, PROCEDURE);
    for (const next of this.#race.moves) {
      if (next.do === 'turn') await settle();
      else this.#make(next);
    }
    await settle();
    if (this.#owes) this.#answer({ do: 'yield', progress: false });
    await settle();
    this.#checkCaller();
    this.#checkCallee();
    await this.#callAgain();
    for (const client of [this.#caller, this.#callee]) client.leave();
    await settle();
    this.#checkEmpty();
  }

  #make(next: Exclude<Move, { readonly do: 'turn' }>): void {
    switch (next.do) {
      case 'cancel':
        this.#answers.add('wamp.error.canceled');
        this.#caller.send([
          MessageType.CANCEL,
          this.#request,
          next.mode === undefined ? {} : { mode: next.mode },
        ]);
        return;
      case 'input':
        if (!this.#streaming) return;
        this.#streaming = !next.last;
        this.#caller.send([MessageType.CALL, this.#request, next.last ? {} : { progress: true }, PROCEDURE]);
        return;
      case 'yield':
      case 'error':
        this.#answer(next);
        return;
      case 'unregister':
        if (this.#registration !== 0) this.#callee.request(MessageType.UNREGISTER, this.#registration);
        this.#registration = 0;
        return;
      case 'leave':
        this.#leave(next);
        return;
      case 'wait':
        this.#transcript.note(`clock +${next.ms}`);
        this.#clock.advance(next.ms);
        this.#waited += next.ms;
        if (this.#waited >= 10 && this.#race.call.timeout !== undefined)
          this.#answers.add('wamp.error.timeout');
        return;
    }
  }

  /** The callee answers, be it again or too late; of an invocation that it has not heard of it says nothing. */
  #answer(next: Move & { readonly do: 'yield' | 'error' }): void {
    if (this.#invocation === 0) return;
    if (next.do === 'error') {
      this.#answers.add(next.error);
      if (next.error === 'wamp.error.unavailable') this.#answers.add('wamp.error.no_available_callee');
      this.#callee.send([MessageType.ERROR, MessageType.INVOCATION, this.#invocation, {}, next.error]);
      this.#owes = false;
    } else if (next.progress) {
      this.#progressive += 1;
      this.#callee.send([MessageType.YIELD, this.#invocation, { progress: true }, [this.#progressive]]);
    } else {
      this.#answers.add('a result');
      this.#callee.send([MessageType.YIELD, this.#invocation, {}]);
      this.#owes = false;
    }
  }

  #leave({ side, how }: Move & { readonly do: 'leave' }): void {
    const client = side === 'caller' ? this.#caller : this.#callee;
    if (client === this.#callee) {
      this.#answers.add('wamp.error.canceled').add('wamp.error.no_such_procedure');
      this.#owes = false;
    }
    if (how === 'goodbye') client.send([MessageType.GOODBYE, {}, 'wamp.close.close_realm']);
    if (how === 'abort') client.send([MessageType.ABORT, {}, 'com.reason']);
    client.leave();
  }

  #calleeHears(message: Heard): void {
    const [type, first, second] = message;
    if (type === MessageType.REGISTERED) this.#registration = Number(second);
    if (type === MessageType.INVOCATION && first !== this.#invocation) {
      if (this.#invocation !== 0) this.#transcript.fail('the call is given to the callee a second time');
      this.#invocation = Number(first);
      this.#owes = true;
    }
    if (type !== MessageType.INTERRUPT) return;
    if (this.#race.lacks.includes('call_canceling')) this.#transcript.fail('the callee knows no INTERRUPT');
    if (JSON.stringify(second).includes('killnowait')) this.#owes = false;
  }

  /** Exactly one final answer, for a reason; progress only where it was asked for, in order, and never after that answer. */
  #checkCaller(): void {
    const heard = this.#caller.log.filter((message) => this.#isAnswer(message));
    const finals = heard.filter((message) => !isProgress(message));
    const progress = heard
      .filter(isProgress)
      .map(([, , , args]) => Number(Array.isArray(args) ? args[0] : 0));
    if (finals.length !== 1 && !this.#caller.closed) {
      this.#transcript.fail(`expected: one final answer`, `     got: ${finals.length}`);
    }
    const [final] = finals;
    if (final !== undefined && heard.at(-1) !== final)
      this.#transcript.fail('there is progress after the final answer');
    if (final !== undefined && !this.#answers.has(reasonOf(final)))
      this.#transcript.fail(`nothing that happened explains ${show(final)}`);
    if (progress.some((value, index) => index > 0 && value <= Number(progress[index - 1])))
      this.#transcript.fail('progress comes out of order, or twice');
    const welcome = this.#race.call.receive_progress === true;
    if (progress.length > 0 && !welcome) this.#transcript.fail('nobody asked for progress');
  }

  #checkCallee(): void {
    const interrupts = this.#callee.log.filter(([type]) => type === MessageType.INTERRUPT);
    if (interrupts.length > 1) this.#transcript.fail('the callee is interrupted twice');
    const aborted = [...this.#caller.log, ...this.#callee.log].find(([type]) => type === MessageType.ABORT);
    if (aborted !== undefined) this.#transcript.fail(`who has done nothing wrong hears ${show(aborted)}`);
  }

  /** The callee is free for another caller, at once. */
  async #callAgain(): Promise<void> {
    const next = new Client('next', this.#router, this.#race.serializers[0], this.#transcript);
    await settle();
    const before = this.#callee.log.length;
    this.#callee.react = ([type, invocation]) => {
      if (type === MessageType.INVOCATION) this.#callee.send([MessageType.YIELD, invocation, {}, ['again']]);
    };
    next.request(MessageType.CALL, {}, PROCEDURE);
    await settle();
    const served = !this.#callee.closed && this.#registration !== 0;
    const [answer] = next.log;
    const expected = served ? 'a result' : 'wamp.error.no_such_procedure';
    if (answer === undefined || reasonOf(answer) !== expected) {
      this.#transcript.fail(`expected: next hears ${expected}`, `     got: ${show(answer ?? 'silence')}`);
    }
    if (served && this.#callee.log.length !== before + 1)
      this.#transcript.fail('the callee hears more than the one call');
    next.leave();
    await settle();
  }

  #checkEmpty(): void {
    const realm: Realm | undefined = this.#router.realm('realm1');
    const left = {
      timers: this.#clock.pending,
      sessions: realm?.sessions.size,
      'sessions with calls': realm?.dealer.calls.parties,
    };
    for (const [what, size] of Object.entries(left)) {
      if (size !== 0) this.#transcript.fail(`all have left: ${String(size)} ${what} remain`);
    }
  }

  #isAnswer([type, first, second]: Heard): boolean {
    if (type === MessageType.ERROR) return first === MessageType.CALL && second === this.#request;
    return type === MessageType.RESULT && first === this.#request;
  }
}

function isProgress([type, , details]: Heard): boolean {
  return type === MessageType.RESULT && JSON.stringify(details).includes('"progress":true');
}

function reasonOf([type, , , , error]: Heard): string {
  return type === MessageType.RESULT ? 'a result' : String(error);
}

describe('a call that many things happen to', () => {
  test(
    'has one final answer, keeps no timer, and frees its callee',
    () =>
      check('cancel-races', races, async (race) => {
        await new Track(race).run();
      }),
    TIME_LIMIT,
  );
});
