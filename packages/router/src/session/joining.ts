/** HELLO … WELCOME or ABORT, without I/O (spec: Sessions; Authentication). */
import {
  ApplicationError,
  ErrorUri,
  isUri,
  MessageType,
  type PeerFeatures,
  ProtocolViolation,
  type Authenticate,
  type Challenge,
  type ClientRole,
  type Dict,
  type Hello,
  type Id,
  type Message,
  type Uri,
  type UriRules,
  type Welcome,
} from '@wamp/protocol';
import type { Attempts, Claim } from '../auth/attempts.ts';
import type { JoinInfo, Underlay, Verdict } from '../auth/authenticator.ts';
import { Unavailable } from '../auth/dynamic.ts';
import type { Asker, Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Principal } from '../core/session.ts';
import type { Limits } from '../limits.ts';
import type { Log, LogFacts, LogLevel } from '../log.ts';
import { policyFor, type SlowConsumerPolicy } from '../output/slow-consumer.ts';
import { Announcements } from './announcements.ts';
import {
  chooseAuthenticator,
  tellingAddress,
  type Attempt,
  type Candidate,
  type Destination,
  type GuardedRealm,
  type JoinRefusal,
} from './candidate.ts';
import { enter, Unreachable } from './destination.ts';
import { welcomeOf } from './welcome.ts';

/** The parts of the router that joining uses. */
export interface JoiningRouter {
  guardedRealm(name: Uri): GuardedRealm | undefined;
  /** What a client may join under that name: a realm, or one that is created for it. */
  destination(name: Uri): Destination | undefined;
  readonly agent: string;
  /** The rules for URIs, which determine the error for the name of an unknown realm. */
  readonly uriRules: UriRules;
  /** Delays or refuses attempts after failures; undefined to allow any number of attempts. */
  readonly attempts: Attempts | undefined;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'authenticateTimeout'>;
  readonly log: Log;
}

/** The result of a successful handshake: all parts of a session. */
export interface Joined {
  readonly realm: CoreRealm;
  readonly call: Asker['call'];
  readonly authorizer: Authorizer | undefined;
  readonly slowConsumer: SlowConsumerPolicy;
  readonly id: Id;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly welcome: Welcome;
}

/** The result of a message: the client has joined, is refused, or is challenged; undefined when it has given up. */
export type Step =
  | { readonly joined: Joined }
  | { readonly abort: Uri; readonly message: string }
  | { readonly challenge: Challenge }
  | undefined;

/** HELLO creates the candidate, which is kept to the end for events and for waiting attempts. */
type State =
  | { readonly name: 'awaiting-hello'; readonly candidate: undefined }
  | { readonly name: 'deciding'; readonly candidate: Candidate }
  | { readonly name: 'challenged'; readonly candidate: Candidate; readonly answer: Answer }
  | { readonly name: 'over'; readonly candidate: Candidate | undefined };

/** Checks the answer to a challenge. */
type Answer = (message: Authenticate) => Verdict | Promise<Verdict>;

/** The message that each state expects. ABORT is always legal; all other messages are violations (SES-10, VIO-3). */
const EXPECTED: Readonly<Record<State['name'], MessageType | undefined>> = {
  'awaiting-hello': MessageType.HELLO,
  deciding: undefined,
  challenged: MessageType.AUTHENTICATE,
  over: undefined,
};

const CLIENT_ROLES: readonly ClientRole[] = ['publisher', 'subscriber', 'caller', 'callee'];
const ANNOUNCEMENTS = new Announcements();

export class Joining {
  readonly #router: JoiningRouter;
  readonly #transport: Dict;
  readonly #underlay: Underlay;
  readonly #maxMessageSize: number | undefined;
  #state: State = { name: 'awaiting-hello', candidate: undefined };
  /** True once the client has sent a proof that could have been wrong. */
  #answered = false;
  #gone = false;
  /** The expected time until the client's answer is checked, because of other attempts for the same authid (ms). */
  delay = 0;

  /**
   * @param transport describes the connection in the session meta API
   * @param underlay describes the connection to authenticators only
   * @param maxMessageSize the maximum size of a message from the session (bytes); undefined for any size
   */
  constructor(
    router: JoiningRouter,
    transport: Dict,
    underlay: Underlay,
    maxMessageSize: number | undefined,
  ) {
    this.#router = router;
    this.#transport = transport;
    this.#underlay = underlay;
    this.#maxMessageSize = maxMessageSize;
  }

  /** The realm, method and authid of this attempt, for events. */
  get attempt(): Attempt {
    const { realm, claim, method } = this.#state.candidate ?? {};
    return { realm, method, authid: claim?.authid };
  }

  /**
   * Processes a message from the client.
   * @throws ProtocolViolation when the current state does not expect the message
   */
  receive(message: Message): Step | Promise<Step> {
    const state = this.#state;
    if (message.type === MessageType.ABORT) {
      this.#state = { name: 'over', candidate: state.candidate };
      return undefined;
    }
    if (message.type !== EXPECTED[state.name]) {
      throw new ProtocolViolation(`message type ${message.type} while the session is ${state.name}`);
    }
    if (message.type === MessageType.HELLO) return this.#hello(message);
    if (message.type === MessageType.AUTHENTICATE && state.name === 'challenged') {
      this.#answered = true;
      return this.#inTurn(state.candidate, () => state.answer(message));
    }
    return undefined;
  }

  /** Ends the attempt of a client that has disconnected, so that waiting attempts can proceed. */
  stop(): void {
    this.#gone = true;
    const { candidate } = this.#state;
    if (candidate !== undefined) this.#router.attempts?.done(candidate.claim);
  }

  /** Has an answer checked when its turn among the attempts for the same authid has come. */
  #inTurn(candidate: Candidate, ask: () => Verdict | Promise<Verdict>): Step | Promise<Step> {
    const { attempts } = this.#router;
    if (attempts === undefined) return this.#settle(candidate, ask);
    const { claim } = candidate;
    this.#state = { name: 'deciding', candidate };
    const refusal = this.#mayTry(claim) ?? this.#mayWait(claim);
    if (refusal !== undefined) return refusal;
    this.delay = attempts.expected(claim);
    const judge = (): Step | Promise<Step> => {
      const step = this.#gone ? undefined : (this.#mayTry(claim) ?? this.#settle(candidate, ask));
      if (step instanceof Promise) return step.finally(() => attempts.done(claim));
      attempts.done(claim);
      return step;
    };
    return attempts.turn(claim)?.then(judge) ?? judge();
  }

  #hello(hello: Hello): Step | Promise<Step> {
    const features = ANNOUNCEMENTS.featuresIn(hello.details.roles);
    if (!CLIENT_ROLES.some((role) => features.has(role))) {
      throw new ProtocolViolation('HELLO.Details.roles: expected at least one role of a client');
    }
    const { entrance } = this.#underlay;
    const isElsewhere = entrance?.realms?.includes(hello.realm) === false;
    const { realm } = hello;
    const destination = isElsewhere ? undefined : this.#router.destination(realm);
    if (destination === undefined) return this.#refuse(this.#noRealm(realm));
    const authenticator = chooseAuthenticator(
      destination.authenticators,
      hello.details.authmethods,
      entrance,
    );
    if (!('method' in authenticator)) return this.#refuse(authenticator);
    const isThere = 'realm' in destination;
    const id = isThere ? destination.realm.newSessionId() : destination.newSessionId(realm);
    const { authid } = hello.details;
    const address = tellingAddress(this.#underlay);
    const claim = { realm: isThere ? realm : destination.pattern, authid, address };
    const { method, realms: nameable = [] } = authenticator;
    const candidate = { realm, destination, id, method, nameable, features, claim };
    const info = this.#infoFor(realm, id);
    return this.#settle(candidate, () => authenticator.begin(hello, info));
  }

  #infoFor(realm: Uri, session: Id): JoinInfo {
    const { clock, limits } = this.#router;
    return {
      realm,
      session,
      transport: this.#transport,
      underlay: this.#underlay,
      now: clock.now(),
      call: async (procedure, args, name = realm) => {
        const called = this.#router.guardedRealm(name);
        if (called === undefined) throw new ApplicationError(ErrorUri.NO_SUCH_REALM, [name]);
        return called.call(procedure, args, limits.authenticateTimeout);
      },
    };
  }

  /** Refuses a client that has to wait after failed attempts, before its secret is checked. */
  #mayTry(claim: Claim): Step {
    return this.#refuseFor(this.#router.attempts?.wait(claim) ?? 0);
  }

  /** Refuses a client whose place in the queue would be too far back. */
  #mayWait(claim: Claim): Step {
    return this.#refuseFor(this.#router.attempts?.tooLong(claim) ?? 0);
  }

  #refuseFor(wait: number): Step {
    if (wait === 0) return undefined;
    this.#note('debug', 'authentication has to wait', { code: 'login_refused', wait });
    const seconds = Math.ceil(wait / 1000);
    const message = `too many attempts have failed; the next one may be in ${seconds} s`;
    return this.#refuse({ abort: ErrorUri.UNAVAILABLE, message });
  }

  /** T-4, T-45, SES-5: clients create realms only where a template of the operator says so. */
  #noRealm(name: Uri): JoinRefusal {
    return name === '' || isUri(name, this.#router.uriRules)
      ? { abort: ErrorUri.NO_SUCH_REALM, message: 'there is no such realm' }
      : { abort: ErrorUri.INVALID_URI, message: 'the name of the realm is not a valid URI' };
  }

  /** Asks an authenticator for its verdict; an error refuses the client. */
  #settle(candidate: Candidate, ask: () => Verdict | Promise<Verdict>): Step | Promise<Step> {
    this.#state = { name: 'deciding', candidate };
    try {
      const verdict = ask();
      if (!(verdict instanceof Promise)) return this.#conclude(candidate, verdict);
      // One catch for both: an invalid verdict is a failure as well.
      return verdict
        .then((settled) => this.#conclude(candidate, settled))
        .catch((error: unknown) => this.#failed(candidate, error));
    } catch (error) {
      return this.#failed(candidate, error);
    }
  }

  /** T-27: an ApplicationError of an authenticator is sent to the client; any other error is only logged. */
  #failed(candidate: Candidate, error: unknown): Step {
    if (error instanceof ApplicationError && isUri(error.uri, 'loose')) {
      const [message] = error.args;
      return this.#deny(candidate, {
        abort: error.uri,
        message: typeof message === 'string' ? message : 'refused',
      });
    }
    this.#note('warn', 'authentication failed', { code: 'authentication_failed', error });
    return this.#refuse(refusalFor(error));
  }

  #deny({ claim }: Candidate, refusal: JoinRefusal): Step {
    this.#note('info', 'authentication denied', { code: 'login_refused', reason: refusal.abort });
    // An error of the authenticator does not count as a failed attempt.
    if (!FAULTS.has(refusal.abort)) this.#router.attempts?.failed(claim);
    return this.#refuse(refusal);
  }

  /** Only a proven authid counts, because a client may claim any. */
  #remember({ authid }: Principal, claim: Claim): void {
    if (this.#answered && authid === claim.authid) this.#router.attempts?.succeeded(claim);
  }

  /** Logs an entry about this attempt, without secrets. */
  #note(level: LogLevel, what: string, facts: LogFacts): void {
    const { claim, realm, method } = this.#state.candidate ?? {};
    this.#router.log(level, what, { ...claim, realm, method, ...facts });
  }

  #conclude(candidate: Candidate, verdict: Verdict): Step {
    if (this.#state.name === 'over') return undefined;
    if ('abort' in verdict) {
      return this.#deny(candidate, { abort: verdict.abort, message: verdict.message ?? 'refused' });
    }
    if ('challenge' in verdict) {
      this.#state = { name: 'challenged', candidate, answer: verdict.answer };
      const { method: authmethod = candidate.method } = verdict;
      return { challenge: { type: MessageType.CHALLENGE, authmethod, extra: verdict.challenge } };
    }
    this.#state = { name: 'over', candidate };
    const { welcome: principal, realm: named } = verdict;
    const { authrole } = principal;
    const guarded = enter(this.#router, { candidate, authrole, named, underlay: this.#underlay });
    if ('abort' in guarded) return this.#refuse(guarded);
    this.#remember(principal, candidate.claim);
    const { realm } = candidate;
    const isElsewhere = guarded.realm.name !== realm;
    return this.#admit(candidate, guarded, isElsewhere ? { ...principal, loginRealm: realm } : principal);
  }

  #admit({ id, features }: Candidate, guarded: GuardedRealm, principal: Principal): Step {
    const { realm, authorizer, slowConsumers, call } = guarded;
    const slowConsumer = policyFor(slowConsumers, principal.authrole);
    const welcome = welcomeOf(realm, id, principal, {
      agent: this.#router.agent,
      size: this.#maxMessageSize,
      dropsEvents: slowConsumer !== 'disconnect',
    });
    return { joined: { realm, call, authorizer, slowConsumer, id, principal, features, welcome } };
  }

  #refuse(refusal: JoinRefusal): Step {
    this.#state = { name: 'over', candidate: this.#state.candidate };
    return refusal;
  }
}

/** Refusals that say nothing of the credentials. */
const FAULTS: ReadonlySet<Uri> = new Set([ErrorUri.AUTHENTICATION_FAILED, ErrorUri.UNAVAILABLE]);
/** Not final, unlike other failures: clients that reconnect go on trying. */
const UNAVAILABLE: JoinRefusal = {
  abort: ErrorUri.UNAVAILABLE,
  message: 'the service that checks credentials is not available; try again later',
};
/** What the client is told of an error that is only logged. */
function refusalFor(error: unknown): JoinRefusal {
  if (error instanceof Unreachable && error.refusal !== undefined) return error.refusal;
  return error instanceof Unavailable ? UNAVAILABLE : FAILED;
}

const FAILED: JoinRefusal = { abort: ErrorUri.AUTHENTICATION_FAILED, message: 'authentication failed' };
