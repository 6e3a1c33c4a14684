/** The registrar: which session is a callee of which registration, and who may become one. */
import {
  ErrorUri,
  MessageType,
  type Id,
  type InvocationPolicy,
  type MatchPolicy,
  type Register,
  type RegisterOptions,
  type Unregister,
  type Uri,
  type UriRules,
} from '@wamp/protocol';
import type { Clock } from './clock.ts';
import { conflictWith, NOBODY, replaceable } from './forced-registration.ts';
import { Holdings, type ExceededQuota, type PendingHoldings } from './holdings.ts';
import type { Hook } from './hook.ts';
import { PatternMap } from './pattern-map.ts';
import { TOO_MANY_SHAPES, type QuotaName, type Quotas, type QuotaTally } from './quotas.ts';
import { addCallee, newRegistration, removeCallee, type Registration } from './registration.ts';
import { refuse, refuseRequest, uriFault, type Objection } from './requests.ts';
import type { RouterId } from './router-id.ts';
import { clientOf, isTrusted, type Session } from './session.ts';
import type { Owner } from './wildcards.ts';

export interface RegistrarOptions {
  readonly clock: Clock;
  /** Makes registration ids (IDS-3). */
  readonly routerId: RouterId;
  readonly uriRules: UriRules;
  readonly quotas: Quotas;
  /** Counts what was refused for its quota. */
  readonly limited: QuotaTally;
  /** Whether `disclose_caller` is granted. */
  readonly disclosure: boolean;
}

/** What a callee registers. */
export interface Enrollment {
  readonly match: MatchPolicy;
  readonly procedure: Uri;
  readonly invoke: InvocationPolicy;
  readonly options: RegisterOptions;
  /** The callee's place among the others of the registration: see `Callee.order`. */
  readonly order?: number | undefined;
}

/** What the cluster has found out about a REGISTER. */
export interface ClaimOutcome {
  /** Whether no other session of the cluster is a callee of the registration. */
  readonly first: boolean;
  /** The callee's place among the others. */
  readonly order: number;
}

/** The quotas of registrations, by what they limit: their names, and what a session is told that exceeds them. */
const QUOTAS = {
  all: ['registrations', 'too many registrations'],
  patterns: ['pattern_registrations', 'too many registrations of patterns'],
  shapes: ['pattern_shapes', TOO_MANY_SHAPES],
} as const satisfies Record<ExceededQuota, readonly [QuotaName, string]>;

export class Registrar {
  readonly registrations: PatternMap<Registration> = new PatternMap();
  readonly #holdings: Holdings<Registration> = new Holdings<Registration>({
    byPattern: this.registrations,
    uriOf: ({ procedure }) => procedure,
    release: (registration, session) => {
      removeCallee(registration, session);
      return registration.callees.length === 0;
    },
  });
  readonly created: Hook<[Session, Registration]> = this.#holdings.created;
  readonly registered: Hook<[Session, Registration]> = this.#holdings.added;
  readonly unregistered: Hook<[Session, Registration]> = this.#holdings.removed;
  readonly deleted: Hook<[Session, Registration]> = this.#holdings.deleted;
  readonly #options: RegistrarOptions;
  readonly #changed: (registration: Registration, someoneLeft: boolean) => void;

  /** @param changed is told once the callees of a registration have changed */
  constructor(
    options: RegistrarOptions,
    changed: (registration: Registration, someoneLeft: boolean) => void,
  ) {
    this.#options = options;
    this.#changed = changed;
  }

  byId(id: Id): Registration | undefined {
    return this.#holdings.byId(id);
  }

  heldBy(session: Session): ReadonlySet<Registration> {
    return this.#holdings.of(session);
  }

  /** Whether a REGISTER would be refused. @param pending what the session has asked for before it, and what is not decided */
  objectsTo(session: Session, message: Register, pending: PendingHoldings): boolean {
    const { match = 'exact', invoke = 'single', force_reregister = false } = message.options;
    if (this.#objection(session, message, pending) !== undefined) return true;
    const holders = this.registrations.get(match, message.procedure);
    const yielding = force_reregister ? replaceable(holders, session) : NOBODY;
    return this.#conflict(session, holders, yielding, invoke) !== undefined;
  }

  /** REG-1, SHR-1, SHR-2. @param claim what the cluster knows of it; absent without a cluster */
  register(session: Session, message: Register, claim?: ClaimOutcome): void {
    const { request, options, procedure } = message;
    const { match = 'exact', invoke = 'single' } = options;
    const objection = this.#objection(session, message);
    if (objection !== undefined) {
      if (objection.quota !== undefined) this.#options.limited.add(objection.quota);
      refuseRequest(session, message, objection.error, objection.why);
      return;
    }
    const holders = this.registrations.get(match, procedure);
    const yielding = options.force_reregister === true ? replaceable(holders, session) : NOBODY;
    const conflict = this.#conflict(session, holders, yielding, invoke);
    if (conflict !== undefined) {
      refuseRequest(session, message, ErrorUri.PROCEDURE_ALREADY_EXISTS, conflict);
      return;
    }
    for (const holder of yielding) if (holders !== undefined) this.revoke(holders, holder, 'registered anew');
    const isNew = this.registrations.get(match, procedure) === undefined;
    const registration = this.#add(session, { match, procedure, invoke, options, order: claim?.order });
    session.send({ type: MessageType.REGISTERED, request, registration: registration.id });
    if (claim?.first ?? isNew) this.created.emit(session, registration);
    this.registered.emit(session, registration);
    this.#changed(registration, false);
  }

  /** Makes a session of another node a callee here; does nothing when it is one already. */
  enroll(session: Session, enrollment: Enrollment): void {
    const known = this.registrations.get(enrollment.match, enrollment.procedure);
    if (known !== undefined && this.#holdings.has(session, known)) return;
    const registration = this.#add(session, enrollment);
    this.registered.emit(session, registration);
    this.#changed(registration, false);
  }

  /** A session of another node is a callee no more. */
  withdraw(session: Session, match: MatchPolicy, procedure: Uri): void {
    const registration = this.registrations.get(match, procedure);
    if (registration === undefined || !this.#holdings.remove(session, registration, nothing)) return;
    this.#changed(registration, true);
  }

  /** REG-2; another session's registration is no such registration (T-43). Calls in flight go on. */
  unregister(session: Session, message: Unregister): void {
    const { request } = message;
    const registration = this.#holdings.byId(message.registration);
    const answer = (): void => {
      session.send({ type: MessageType.UNREGISTERED, request });
    };
    if (registration === undefined || !this.#holdings.remove(session, registration, answer)) {
      refuse(session, MessageType.UNREGISTER, request, ErrorUri.NO_SUCH_REGISTRATION);
    } else this.#changed(registration, true);
  }

  /** See `Dealer.retire`. */
  retire(session: Session, registration: Registration): (() => void) | undefined {
    const tell = this.#holdings.detach(session, registration);
    if (tell !== undefined) this.#changed(registration, true);
    return tell;
  }

  revoke(registration: Registration, session: Session, reason?: string): boolean {
    const isCallee = this.#holdings.remove(session, registration, () => {
      session.remote?.revoke(registration, reason);
      if (!session.features.has('callee', 'registration_revocation')) return;
      const details = { registration: registration.id, ...(reason === undefined ? {} : { reason }) };
      session.send({ type: MessageType.UNREGISTERED, request: 0, details });
    });
    if (isCallee) this.#changed(registration, true);
    return isCallee;
  }

  /** Takes all registrations from a session that has left, one with each step. */
  leaving(session: Session): Generator<void, void> {
    return this.#holdings.leaving(session);
  }

  #objection(
    session: Session,
    { options, procedure }: Register,
    pending?: PendingHoldings,
  ): Objection | undefined {
    const { match = 'exact', disclose_caller = false } = options;
    const why = uriFault(session, procedure, this.#options.uriRules, match);
    if (why !== undefined) return { error: ErrorUri.INVALID_URI, why };
    if (disclose_caller && !this.#options.disclosure)
      return { error: ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME };
    const exceeded = isTrusted(session) ? undefined : this.#exceeded(session, match, procedure, pending);
    if (exceeded === undefined) return undefined;
    const [quota, explanation] = QUOTAS[exceeded];
    return { error: ErrorUri.LIMIT_EXCEEDED, why: explanation, quota };
  }

  #conflict(
    session: Session,
    holders: Registration | undefined,
    yielding: ReadonlySet<Session>,
    invoke: InvocationPolicy,
  ): string | undefined {
    const isCallee = holders !== undefined && this.#holdings.has(session, holders);
    return conflictWith(holders, yielding, isCallee && !yielding.has(session), invoke);
  }

  #add(session: Session, { match, procedure, invoke, options, order }: Enrollment): Registration {
    const known = this.registrations.get(match, procedure);
    const registration = known ?? this.#create(match, procedure, invoke, clientOf(session));
    addCallee(registration, session, options, order);
    this.#holdings.add(session, registration);
    return registration;
  }

  #create(match: MatchPolicy, procedure: Uri, invoke: InvocationPolicy, owner: Owner): Registration {
    const { clock, routerId } = this.#options;
    const isTaken = (id: Id): boolean => this.#holdings.byId(id) !== undefined;
    const id = routerId('registration', match, procedure, isTaken);
    const registration = newRegistration(id, procedure, match, invoke, clock.now());
    this.#holdings.create(registration, owner);
    return registration;
  }

  #exceeded(
    session: Session,
    match: MatchPolicy,
    procedure: Uri,
    pending: PendingHoldings | undefined,
  ): ExceededQuota | undefined {
    const { registrations, patternRegistrations } = this.#options.quotas;
    const quota = { all: registrations, patterns: patternRegistrations };
    return this.#holdings.exceeded(session, match, procedure, quota, pending);
  }
}

function nothing(): void {
  return;
}
