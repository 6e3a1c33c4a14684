/** What a dealer does, as plain as the specification says it: lists and loops, no look-up structure. */
import type { CallOptions, CancelMode, InvocationPolicy, MatchPolicy, RegisterOptions } from '@wamp/protocol';
import { isPattern, isReserved, isTopic, matchesPattern } from './broker-model.ts';
import { EXPLANATION, Unknown, type Heard } from './stage.ts';

/** A session as the dealer sees it. */
export interface Member {
  readonly id: number;
  readonly authid: string;
  readonly authrole: string;
  /** Announced features, as `callee.call_canceling`. */
  readonly announces: ReadonlySet<string>;
  /** What it is to hear next. */
  hears: Heard[];
  /** How many invocations it has been sent. */
  invoked: number;
  /** Its highest CALL.Request. */
  highest: number;
  /** Its calls that are over while it may still send more input for them. */
  readonly overtaken: number[];
}

interface Callee {
  readonly member: Member;
  readonly options: RegisterOptions;
  /** How many invocations occupy it. */
  busy: number;
}

export interface Registration {
  readonly id: Unknown;
  readonly match: MatchPolicy;
  readonly pattern: string;
  readonly invoke: InvocationPolicy;
  /** In the order of registration. */
  callees: Callee[];
  /** Round robin: how many callees stand up to the one that was served last, itself included. */
  turn: number;
}

export interface Call {
  readonly caller: Member;
  readonly request: number;
  readonly procedure: string;
  readonly options: CallOptions;
  readonly registration: Registration;
  readonly input: number;
  /** `lingering`: the caller is through with it, but its callee does not know and is busy with it. */
  state: 'waiting' | 'invoked' | 'lingering' | 'over';
  callee: Callee | undefined;
  invocation: number;
  streaming: boolean;
  killed: boolean;
  progressed: boolean;
  readonly declinedBy: Member[];
  /** When the answer is overdue. */
  deadline: number;
  overdue: boolean;
}

export class DealerModel {
  members: Member[] = [];
  registrations: Registration[] = [];
  /** All there ever were, the pending ones among them. */
  readonly calls: Call[] = [];
  /** Calls that wait for a callee with room, the first come first. */
  #waiting: Call[] = [];
  /** Calls whose time is taken, in the order in which that began. */
  #timed: Call[] = [];
  #now = 0;
  readonly #disclosure: boolean;
  readonly #random: () => number;
  readonly #ids = new Set<unknown>();

  constructor(disclosure: boolean, random: () => number) {
    this.#disclosure = disclosure;
    this.#random = random;
  }

  join(member: Member): void {
    this.members.push(member);
  }

  /** LEAVE-1, LEAVE-2: it is no callee any more, and no caller; its callers hear; then whoever waits may be served. */
  leave(member: Member): void {
    this.members = this.members.filter((other) => other !== member);
    const registrations = this.registrations.filter((registration) => isPartOf(member, registration));
    for (const registration of registrations) this.#remove(member, registration);
    const made = this.calls.filter((call) => isPending(call) && call.caller === member);
    for (const call of made) {
      if (call.callee?.member === member) this.#close(call);
      else this.#giveUp(call, undefined, 'wamp.error.canceled');
    }
    const served = this.calls.filter((call) => call.state !== 'over' && call.callee?.member === member);
    for (const call of served) {
      if (call.state === 'lingering') call.state = 'over';
      else this.#close(call, errorFor(call, 'wamp.error.canceled'));
    }
    for (const { registration } of [...made, ...served]) this.#serve(registration);
    for (const registration of registrations) this.#serve(registration);
  }

  /** What ends a session that breaks the protocol. */
  violate(member: Member): void {
    member.hears.push([3, {}, 'wamp.error.protocol_violation']);
    this.leave(member);
  }

  /** REG-1, SHR-1, SHR-2, T-17 */
  register(
    member: Member,
    request: number,
    procedure: string,
    options: RegisterOptions,
  ): Registration | undefined {
    const { match = 'exact', invoke = 'single' } = options;
    const held = this.#find(match, procedure);
    const yielding = options.force_reregister === true ? samePrincipal(member, held) : [];
    const staying = (held?.callees ?? []).filter((callee) => !yielding.includes(callee.member));
    const again = staying.some((callee) => callee.member === member);
    let refusal: string | undefined;
    if (!isPattern(match, procedure) || isReserved(procedure)) refusal = 'wamp.error.invalid_uri';
    else if (options.disclose_caller === true && !this.#disclosure) {
      refusal = 'wamp.error.option_disallowed.disclose_me';
    } else if (staying.length > 0 && (invoke === 'single' || invoke !== held?.invoke || again)) {
      refusal = 'wamp.error.procedure_already_exists';
    }
    if (refusal !== undefined) {
      member.hears.push([8, 64, request, {}, refusal, EXPLANATION]);
      return undefined;
    }
    for (const other of yielding) if (held !== undefined) this.revoke(other, held, 'registered anew');
    const registration = this.#find(match, procedure) ?? this.#create(match, procedure, invoke);
    registration.callees.push({ member, options, busy: 0 });
    member.hears.push([65, request, registration.id]);
    this.#serve(registration);
    return registration;
  }

  /** REG-2, T-43: calls in flight go on. */
  unregister(member: Member, request: number, registration: Registration | undefined): void {
    if (registration === undefined || !isPartOf(member, registration)) {
      member.hears.push([8, 66, request, {}, 'wamp.error.no_such_registration', EXPLANATION]);
      return;
    }
    member.hears.push([67, request]);
    this.#remove(member, registration);
    this.#serve(registration);
  }

  /** RREV-1, RREV-2. @returns whether there was something to revoke */
  revoke(member: Member, registration: Registration, reason: string | undefined): boolean {
    if (!isPartOf(member, registration)) return false;
    const details = { registration: registration.id, ...(reason === undefined ? {} : { reason }) };
    if (member.announces.has('callee.registration_revocation')) member.hears.push([67, 0, details]);
    this.#remove(member, registration);
    this.#serve(registration);
    return true;
  }

  /** CALL-1, CALL-3, PCI-2 … PCI-18, T-47. @returns the call, if it is a new one and was not refused */
  call(
    caller: Member,
    request: number,
    procedure: string,
    options: CallOptions,
    input: number,
  ): Call | undefined {
    const streaming = options.progress === true;
    if (streaming && !caller.announces.has('caller.progressive_call_invocations')) {
      this.violate(caller);
      return undefined;
    }
    const pending = this.#byCall(caller, request);
    if (pending !== undefined) {
      this.#continue(pending, procedure, streaming, input);
      return undefined;
    }
    if (caller.overtaken.includes(request)) {
      if (!streaming) caller.overtaken.splice(caller.overtaken.indexOf(request), 1);
      return undefined;
    }
    caller.highest = Math.max(caller.highest, request);
    const registration = this.#best(procedure);
    const refusal = this.#refusal(procedure, options, registration);
    if (refusal !== undefined || registration === undefined) {
      if (streaming) caller.overtaken.push(request);
      caller.hears.push([8, 48, request, {}, refusal, EXPLANATION]);
      return undefined;
    }
    const call: Call = {
      ...{ caller, request, procedure, options, registration, input, streaming },
      ...{ state: 'waiting', callee: undefined, invocation: 0, killed: false, progressed: false },
      ...{ declinedBy: [], deadline: 0, overdue: false },
    };
    this.calls.push(call);
    this.#startTimer(call);
    this.#assign(call);
    return call;
  }

  /** CAN-2 … CAN-7, T-9, T-10 */
  cancel(caller: Member, request: number, mode: CancelMode = 'killnowait'): void {
    const call = this.#byCall(caller, request);
    if (call === undefined) {
      if (request > caller.highest) this.violate(caller); // T-6
      return;
    }
    const effective = canInterrupt(call) ? mode : 'skip';
    if (effective === 'skip') {
      if (!call.killed) this.#giveUp(call, 'wamp.error.canceled');
    } else if (effective === 'killnowait') {
      this.#giveUp(call, 'wamp.error.canceled', 'wamp.error.canceled');
    } else if (!call.killed) {
      call.killed = true;
      interrupt(call, 'kill', 'wamp.error.canceled');
    }
    this.#serve(call.registration);
  }

  /** CALL-2, PCR-3, T-6, T-11 */
  yield(member: Member, invocation: number, progress: boolean, output: number): void {
    const call = this.#byInvocation(member, invocation);
    if (call === undefined) this.#late(member, invocation, !progress);
    else if (!progress) this.#end(call, [50, call.request, {}, [output]]);
    else if (receivesProgress(call)) {
      call.progressed = true;
      this.#startTimer(call); // PCR-8
      call.caller.hears.push([50, call.request, { progress: true }, [output]]);
    }
  }

  /** CALL-2, RRT-1 … RRT-4, T-12 */
  error(member: Member, invocation: number, error: string, output: number): void {
    const call = this.#byInvocation(member, invocation);
    if (call === undefined) this.#late(member, invocation, true);
    else if (error === 'wamp.error.unavailable' && mayReroute(call)) {
      if (call.overdue) this.#fail(call, 'wamp.error.timeout');
      else this.#reroute(call);
    } else this.#end(call, [8, 48, call.request, {}, error, [output]]);
  }

  /** TMO-2, TMO-3, TMO-5 */
  wait(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = this.#timed.filter(({ deadline }) => deadline <= end);
      const [next] = due.sort((a, b) => a.deadline - b.deadline);
      if (next === undefined) break;
      this.#now = next.deadline;
      this.#timed = this.#timed.filter((call) => call !== next);
      if (forwardsTimeout(next)) next.overdue = true;
      else {
        this.#giveUp(next, 'wamp.error.timeout', 'wamp.error.timeout');
        this.#serve(next.registration);
      }
    }
    this.#now = end;
  }

  #byCall(caller: Member, request: number): Call | undefined {
    return this.calls.find((call) => isPending(call) && call.caller === caller && call.request === request);
  }

  #byInvocation(member: Member, invocation: number): Call | undefined {
    return this.calls.find(
      (call) => call.state === 'invoked' && call.callee?.member === member && call.invocation === invocation,
    );
  }

  #refusal(
    procedure: string,
    options: CallOptions,
    registration: Registration | undefined,
  ): string | undefined {
    if (!isTopic(procedure)) return 'wamp.error.invalid_uri';
    if (options.disclose_me === true && !this.#disclosure) return 'wamp.error.option_disallowed.disclose_me';
    return registration === undefined ? 'wamp.error.no_such_procedure' : undefined;
  }

  /** PCI-11, PCI-16 */
  #continue(call: Call, procedure: string, streaming: boolean, input: number): void {
    if (!call.streaming || call.procedure !== procedure) {
      this.violate(call.caller);
      return;
    }
    call.streaming = streaming;
    invoke(call, input);
  }

  /** Gives a call to a callee, lets it wait for one with room, or ends it. */
  #assign(call: Call): void {
    const callee = this.#choose(call);
    if (callee !== undefined) this.#invoke(call, callee);
    else if (!this.#hasHope(call)) this.#fail(call, hopeless(call));
    else if (call.streaming) this.#fail(call, 'wamp.error.no_available_callee');
    else {
      call.state = 'waiting';
      this.#waiting.push(call);
    }
  }

  #invoke(call: Call, callee: Callee): void {
    this.#waiting = this.#waiting.filter((other) => other !== call);
    const { announces } = callee.member;
    const streams =
      announces.has('callee.progressive_call_invocations') && announces.has('callee.call_canceling');
    if (call.options.progress === true && !streams) {
      this.#fail(call, 'wamp.error.feature_not_supported'); // PCI-3
      return;
    }
    call.state = 'invoked';
    call.callee = callee;
    call.invocation = callee.member.invoked += 1;
    callee.busy += 1;
    invoke(call, call.input);
  }

  /** SHR-3, RRT-3: among those who have room and have not declined. */
  #choose({ registration, declinedBy }: Call): Callee | undefined {
    const { callees, invoke: policy } = registration;
    const willing = callees.filter((callee) => hasRoom(callee) && !declinedBy.includes(callee.member));
    switch (policy) {
      case 'single':
      case 'first':
        return willing[0];
      case 'last':
        return willing.at(-1);
      case 'random':
        return willing[Math.floor(this.#random() * willing.length)];
      case 'load':
        return willing.find(({ busy }) => willing.every((other) => busy <= other.busy));
      case 'roundrobin': {
        const { turn } = registration;
        const chosen = willing.find((callee) => callees.indexOf(callee) >= turn) ?? willing[0];
        if (chosen !== undefined) registration.turn = callees.indexOf(chosen) + 1;
        return chosen;
      }
    }
  }

  /** True while a callee is there that has not declined. */
  #hasHope({ registration, declinedBy }: Call): boolean {
    return registration.callees.some(({ member }) => !declinedBy.includes(member));
  }

  /** Room was made, or somebody went: whoever waits is served, the first come first, or waits in vain. */
  #serve(registration: Registration): void {
    for (const call of [...this.#waiting]) {
      if (call.registration !== registration || !this.#waiting.includes(call)) continue;
      const callee = this.#choose(call);
      if (callee !== undefined) this.#invoke(call, callee);
      else if (!this.#hasHope(call)) this.#fail(call, hopeless(call));
    }
  }

  #reroute(call: Call): void {
    const { callee } = call;
    if (callee === undefined) return;
    callee.busy -= 1;
    call.callee = undefined;
    call.declinedBy.push(callee.member);
    this.#assign(call);
    this.#serve(call.registration);
  }

  /** T-6: an answer that comes too late is discarded, and frees a callee that was busy until now. */
  #late(member: Member, invocation: number, last: boolean): void {
    if (invocation > member.invoked) {
      this.violate(member);
      return;
    }
    const call = this.calls.find(
      ({ state, callee, ...rest }) =>
        state === 'lingering' && callee?.member === member && rest.invocation === invocation,
    );
    if (call?.callee === undefined || !last) return;
    call.state = 'over';
    call.callee.busy -= 1;
    this.#serve(call.registration);
  }

  /** Ends a call that its callee may be at work on: tells it with a `reason` if it can be told. */
  #giveUp(call: Call, error?: string, reason?: string): void {
    const { callee } = call;
    const told = call.killed || (reason !== undefined && canInterrupt(call));
    if (told && !call.killed) interrupt(call, 'killnowait', reason);
    // One that is not told keeps its place until it answers.
    const lingers = !told && callee?.options.concurrency !== undefined;
    this.#close(call, error === undefined ? undefined : errorFor(call, error), lingers);
  }

  #fail(call: Call, error: string): void {
    this.#end(call, errorFor(call, error));
  }

  /** Ends a call; its callee has room for another. */
  #end(call: Call, answer: Heard): void {
    this.#close(call, answer);
    this.#serve(call.registration);
  }

  /** The one end of a call. */
  #close(call: Call, answer?: Heard, lingers = false): void {
    if (call.state === 'invoked' && call.callee !== undefined && !lingers) call.callee.busy -= 1;
    call.state = lingers ? 'lingering' : 'over';
    this.#waiting = this.#waiting.filter((other) => other !== call);
    this.#timed = this.#timed.filter((other) => other !== call);
    if (call.streaming) call.caller.overtaken.push(call.request);
    if (answer !== undefined) call.caller.hears.push(answer);
  }

  #startTimer(call: Call): void {
    const { timeout = 0 } = call.options;
    if (timeout === 0) return;
    call.deadline = this.#now + timeout;
    call.overdue = false;
    this.#timed = [...this.#timed.filter((other) => other !== call), call];
  }

  #find(match: MatchPolicy, pattern: string): Registration | undefined {
    return this.registrations.find((other) => other.match === match && other.pattern === pattern);
  }

  /** PREG-4, T-14, URI-6 */
  #best(procedure: string): Registration | undefined {
    const exact = this.#find('exact', procedure);
    if (exact !== undefined || isReserved(procedure)) return exact;
    const matching = (match: 'prefix' | 'wildcard'): Registration[] =>
      this.registrations.filter(
        (other) => other.match === match && matchesPattern(match, other.pattern, procedure),
      );
    const [longest] = matching('prefix').sort((a, b) => b.pattern.length - a.pattern.length);
    const [mostLiteral] = matching('wildcard').sort((a, b) => (literals(a) < literals(b) ? 1 : -1));
    return longest ?? mostLiteral;
  }

  #create(match: MatchPolicy, pattern: string, invoke: InvocationPolicy): Registration {
    const id = new Unknown('registration', this.#ids);
    const registration: Registration = { id, match, pattern, invoke, callees: [], turn: 0 };
    this.registrations.push(registration);
    return registration;
  }

  #remove(member: Member, registration: Registration): void {
    const index = registration.callees.findIndex((callee) => callee.member === member);
    if (index === -1) return;
    registration.callees = registration.callees.filter((callee) => callee.member !== member);
    if (index < registration.turn) registration.turn -= 1;
    if (registration.callees.length === 0) {
      this.registrations = this.registrations.filter((other) => other !== registration);
    }
  }
}

export function isPending({ state }: Call): boolean {
  return state === 'waiting' || state === 'invoked';
}

function isPartOf(member: Member, { callees }: Registration): boolean {
  return callees.some((callee) => callee.member === member);
}

/** Ours, `force_reregister`: who holds the procedure as the same principal gives way. */
function samePrincipal({ authid, authrole }: Member, registration: Registration | undefined): Member[] {
  const holders = (registration?.callees ?? []).map((callee) => callee.member);
  return holders.filter((holder) => holder.authid === authid && holder.authrole === authrole);
}

function errorFor({ request }: Call, error: string): Heard {
  return [8, 48, request, {}, error, EXPLANATION];
}

/** Ours: 0 or nothing sets no bound. */
function hasRoom({ busy, options: { concurrency = 0 } }: Callee): boolean {
  return concurrency === 0 || busy < concurrency;
}

/** One digit for each component, 1 where it is literal: the larger, the better. */
function literals({ pattern }: Registration): string {
  return pattern
    .split('.')
    .map((component) => (component === '' ? '0' : '1'))
    .join('');
}

/** RRT-4, LEAVE-2 */
function hopeless({ declinedBy }: Call): string {
  return declinedBy.length > 0 ? 'wamp.error.no_available_callee' : 'wamp.error.canceled';
}

/** T-12 */
function mayReroute({ callee, progressed, killed, options }: Call): boolean {
  const announced = callee?.member.announces.has('callee.call_reroute') === true;
  return announced && !progressed && !killed && options.progress !== true;
}

function canInterrupt({ callee }: Call): boolean {
  return callee?.member.announces.has('callee.call_canceling') === true;
}

/** PCR-1, though progress without canceling counts, PCR-2, T-44 */
function receivesProgress({ caller, callee, options }: Call): boolean {
  const { announces } = callee?.member ?? { announces: new Set() };
  return (
    options.receive_progress === true &&
    caller.announces.has('caller.progressive_call_results') &&
    announces.has('callee.progressive_call_results')
  );
}

/** TMO-5, T-18 */
function forwardsTimeout({ callee, options: { timeout = 0 } }: Call): boolean {
  const asked = callee?.options.forward_timeout === true;
  return timeout > 0 && asked && callee.member.announces.has('callee.call_timeout');
}

/** CALL-1, CID-3, PREG-5, PCR-2, PCI-5, PCI-8 */
function invoke(call: Call, input: number): void {
  const { callee, caller, options, registration } = call;
  if (callee === undefined) return;
  const details = {
    ...(registration.match === 'exact' ? {} : { procedure: call.procedure }),
    ...(receivesProgress(call) ? { receive_progress: true } : {}),
    ...(call.streaming ? { progress: true } : {}),
    ...(forwardsTimeout(call) ? { timeout: options.timeout } : {}),
    ...(options.disclose_me === true || callee.options.disclose_caller === true
      ? { caller: caller.id, caller_authid: caller.authid, caller_authrole: caller.authrole }
      : {}),
  };
  callee.member.hears.push([68, call.invocation, registration.id, details, [input]]);
}

function interrupt({ callee, invocation }: Call, mode: CancelMode, reason: string | undefined): void {
  callee?.member.hears.push([69, invocation, { mode, reason }]);
}
