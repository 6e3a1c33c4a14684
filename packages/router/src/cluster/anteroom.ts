/** The anteroom: holds the messages of a session while its REGISTER, UNREGISTER or SUBSCRIBE waits for the other nodes. */
import {
  ErrorUri,
  MessageType,
  Payload,
  type Id,
  type Message,
  type Register,
  type Subscribe,
  type Unregister,
} from '@wamp/protocol';
import type { Anteroom, CoreRealm } from '../core/core-realm.ts';
import { weightOf } from '../core/kept.ts';
import { refuseRequest, type Request } from '../core/requests.ts';
import type { Session } from '../core/session.ts';
import type { AnteroomRealm } from './anteroom-realm.ts';
import { NOTHING_BEFORE, Queue, type HeldMessage } from './anteroom-queue.ts';
import type { ClaimVerdict } from './claim-rules.ts';
import { Retired } from './retired.ts';

/** The pending REGISTERs of a session: how many there are for each registration, and the calls that wait for them. */
interface Registering {
  readonly registrations: Map<Id, number>;
  calls: (() => void)[];
}

const FULL = 'too many messages of this session wait for the other nodes of the cluster';
const UNDECIDED = 'the cluster cannot decide at present who may register the procedure; try again later';

/**
 * While a session waits, its YIELDs and ERRORs are processed at once, and its other messages are queued. The other nodes are
 * asked about a REGISTER or SUBSCRIBE when it arrives, and all are concluded in order, so a thousand take one round trip.
 */
export class ClusterAnteroom implements Anteroom {
  readonly #realm: AnteroomRealm;
  readonly #core: CoreRealm;
  readonly #waiting = new Map<Session, Queue>();
  readonly #registering = new Map<Id, Registering>();
  readonly #retired = new Retired();

  constructor(realm: AnteroomRealm) {
    this.#realm = realm;
    this.#core = realm.core;
    this.#core.leaving.on((session) => {
      this.#retired.leaving(session);
    });
    this.#core.left.on((session) => {
      this.#drop(session);
    });
  }

  withdraw(done: () => void): void {
    const { sessions, dealer } = this.#core;
    for (const session of sessions.values())
      for (const registration of dealer.heldBy(session))
        this.#realm.retract(session, registration, () => undefined);
    this.#realm.settled(done);
  }

  takes(session: Session, message: Message, disclosed: boolean): boolean {
    const { type } = message;
    const { closed } = this.#realm;
    if (closed !== undefined) {
      if (isRequest(message)) this.#core.deny(session, message, ErrorUri.UNAVAILABLE, closed);
      return true;
    }
    const queue = this.#waiting.size === 0 ? undefined : this.#waiting.get(session);
    if (queue !== undefined) {
      if (type === MessageType.YIELD || type === MessageType.ERROR) return false;
      this.#keep(session, queue, message, disclosed);
      return true;
    }
    if (type !== MessageType.REGISTER && type !== MessageType.UNREGISTER && type !== MessageType.SUBSCRIBE)
      return false;
    if (session.later === undefined || !this.#core.sessions.has(session.id)) return false;
    return this.#open(session, message);
  }

  /** True when a call has to wait because its callee is about to register, or because earlier calls wait for that. */
  expects(session: Id, registration: Id): boolean {
    const registering = this.#registering.size === 0 ? undefined : this.#registering.get(session);
    if (registering === undefined) return false;
    return registering.registrations.has(registration) || registering.calls.length > 0;
  }

  /** Runs a task once a pending REGISTER of the session has been accepted or refused. */
  afterRegistering(session: Id, task: () => void): void {
    this.#registering.get(session)?.calls.push(task);
  }

  /** How many sessions wait, for leak checks. */
  get size(): number {
    return this.#waiting.size + this.#registering.size;
  }

  /** @returns true when the message was queued; it may have been processed before this method returns */
  #open(session: Session, message: Message): boolean {
    const queue = new Queue();
    this.#waiting.set(session, queue);
    if (this.#begin(session, queue, message)) return true;
    this.#waiting.delete(session);
    return false;
  }

  /**
   * Asks the other nodes about a message, unless it would be refused anyway.
   * @param isEarly true while messages before it are undecided
   * @returns false for a message that they need not confirm, or not before those before it are decided
   */
  #begin(session: Session, queue: Queue, message: Message, isEarly = false): boolean {
    const { dealer, broker } = this.#core;
    switch (message.type) {
      case MessageType.REGISTER:
        if (dealer.objectsTo(session, message, isEarly ? queue.registering : NOTHING_BEFORE)) return false;
        this.#register(session, queue, message);
        return true;
      case MessageType.UNREGISTER:
        return this.#unregister(session, queue, message);
      case MessageType.SUBSCRIBE:
        if (broker.objectsTo(session, message, isEarly ? queue.subscribing : NOTHING_BEFORE)) return false;
        return this.#subscribe(session, queue, message);
      default:
        return false;
    }
  }

  #register(session: Session, queue: Queue, message: Register): void {
    let verdict: ClaimVerdict | undefined;
    let isDropped = false;
    const parts: (() => void)[] = [queue.registering.add(message.options.match)];
    const ends = this.#expect(session, message);
    const waiting: HeldMessage = {
      isReady: false,
      weight: 0,
      process: () => {
        this.#conclude(session, message, verdict);
        waiting.drop();
      },
      drop: () => {
        isDropped = true;
        for (const part of parts) part();
        ends();
      },
    };
    queue.push(waiting);
    // Deferred, because `claim` may call back before it has returned the ticket that `drop` closes.
    const ready = (): void => {
      queueMicrotask(() => {
        waiting.isReady = true;
        this.#advance(session, queue);
      });
    };
    const ticket = this.#realm.claim(session, message, (given) => {
      if (isDropped) return;
      verdict = given;
      if (given.won) parts.push(this.#realm.announce(session, message, given.order));
      if (given.won) this.#realm.settled(ready);
      else ready();
    });
    parts.push(() => {
      ticket.close();
    });
  }

  /** Holds calls that arrive while a session registers. @returns a function that ends this and runs the held calls */
  #expect({ id }: Session, { options, procedure }: Register): () => void {
    const registration = this.#realm.registrationId(options.match ?? 'exact', procedure);
    const registering = this.#registering.get(id) ?? { registrations: new Map<Id, number>(), calls: [] };
    const { registrations } = registering;
    this.#registering.set(id, registering);
    registrations.set(registration, (registrations.get(registration) ?? 0) + 1);
    return () => {
      const left = (registrations.get(registration) ?? 1) - 1;
      if (left > 0) registrations.set(registration, left);
      else registrations.delete(registration);
      const { calls } = registering;
      registering.calls = [];
      for (const call of calls) call();
      if (registrations.size === 0) this.#registering.delete(id);
    };
  }

  #conclude(session: Session, message: Register, verdict: ClaimVerdict | undefined): void {
    if (verdict?.won === true) {
      const { procedure } = message;
      const { match = 'exact' } = message.options;
      const known = this.#core.dealer.registrations.get(match, procedure);
      const isServedHere = known?.callees.some((callee) => callee.session.remote === undefined) === true;
      // A registration with policy `single` has one callee only.
      const isSingle = (message.options.invoke ?? 'single') === 'single';
      const first = isSingle || (verdict.isAlone && !isServedHere);
      // Of two REGISTERs of the session, the other nodes may have heard of the other one.
      const order = this.#realm.announcedOrder(session, { match, procedure }) ?? verdict.order;
      this.#retired.tellOf(match, procedure);
      this.#core.dealer.register(session, message, { first, order });
    } else if (verdict?.why === undefined) refuseRequest(session, message, ErrorUri.UNAVAILABLE, UNDECIDED);
    else refuseRequest(session, message, ErrorUri.PROCEDURE_ALREADY_EXISTS, verdict.why);
  }

  /** The session is no callee from now on: as soon as the claim is deleted, another node may have one. It is answered then. */
  #unregister(session: Session, queue: Queue, message: Unregister): boolean {
    const registration = this.#core.dealer.byId(message.registration);
    if (registration === undefined) return false;
    if (this.#realm.announcedOrder(session, registration) === undefined) return false;
    const tell = this.#core.dealer.retire(session, registration);
    if (tell === undefined) return false;
    const { request } = message;
    const told = this.#retired.add(session, registration, tell);
    const waiting: HeldMessage = {
      isReady: false,
      weight: 0,
      process: () => {
        session.send({ type: MessageType.UNREGISTERED, request });
        told();
      },
      drop: told,
    };
    queue.push(waiting);
    this.#realm.retract(session, registration, () => {
      waiting.isReady = true;
      this.#advance(session, queue);
    });
    return true;
  }

  #subscribe(session: Session, queue: Queue, message: Subscribe): boolean {
    const { match = 'exact' } = message.options;
    const release = this.#realm.interest(match, message.topic);
    if (release === undefined) return false;
    const decided = queue.subscribing.add(match);
    const waiting: HeldMessage = {
      isReady: false,
      weight: 0,
      process: () => {
        this.#core.process(session, message, false);
        waiting.drop();
      },
      drop: () => {
        release();
        decided();
      },
    };
    queue.push(waiting);
    this.#realm.settled(() => {
      waiting.isReady = true;
      this.#advance(session, queue);
    });
    return true;
  }

  /** Queues a message behind one that waits. */
  #keep(session: Session, queue: Queue, message: Message, disclosed: boolean): void {
    const { undecided } = this.#core.kept;
    const { payload = Payload.none, ...envelope }: Message & { readonly payload?: Payload } = message;
    const weight = weightOf(payload.keep(), envelope);
    if (!undecided.reserve(session, weight)) {
      this.#core.limited.add('undecided_messages');
      if (isRequest(message)) this.#core.deny(session, message, ErrorUri.LIMIT_EXCEEDED, FULL);
      else session.end(ErrorUri.LIMIT_EXCEEDED, FULL);
      return;
    }
    // The other nodes are asked at once if the outcome cannot depend on the messages before this one.
    const early = message.type === MessageType.REGISTER || message.type === MessageType.SUBSCRIBE;
    if (early && this.#begin(session, queue, message, true)) undecided.release(session, weight);
    else queue.push(this.#simple(session, message, disclosed, weight));
  }

  /** @param weight the bytes that are reserved for the message */
  #simple(session: Session, message: Message, disclosed: boolean, weight: number): HeldMessage {
    return {
      isReady: true,
      weight,
      process: () => {
        if (!this.#reopens(session, message)) this.#core.process(session, message, disclosed);
      },
      drop: () => undefined,
    };
  }

  /** True when a message that waited behind another one now has to wait for the other nodes. */
  #reopens(session: Session, message: Message): boolean {
    const queue = this.#waiting.get(session);
    if (queue === undefined) return false;
    const behind = new Queue();
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) behind.push(next);
    const begun = this.#begin(session, queue, message);
    for (let next = behind.shift(); next !== undefined; next = behind.shift()) queue.push(next);
    return begun;
  }

  /** Processes the ready messages at the front of the queue, in order. */
  #advance(session: Session, queue: Queue): void {
    if (queue.isAdvancing || this.#waiting.get(session) !== queue) return;
    session.later?.(() => {
      queue.isAdvancing = true;
      try {
        this.#processReady(session, queue);
      } finally {
        queue.isAdvancing = false;
      }
    });
  }

  #processReady(session: Session, queue: Queue): void {
    while (this.#waiting.get(session) === queue) {
      const next = queue.first;
      if (next === undefined) {
        this.#waiting.delete(session);
        return;
      }
      if (!next.isReady) return;
      queue.shift();
      if (next.weight > 0) this.#core.kept.undecided.release(session, next.weight);
      next.process();
    }
  }

  /** Discards the waiting messages of a session that has left. */
  #drop(session: Session): void {
    const queue = this.#waiting.get(session);
    if (queue === undefined) return;
    this.#waiting.delete(session);
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next.weight > 0) this.#core.kept.undecided.release(session, next.weight);
      next.drop();
    }
  }
}

function isRequest(message: Message): message is Request {
  const { type } = message;
  return (
    type === MessageType.CALL ||
    type === MessageType.REGISTER ||
    type === MessageType.PUBLISH ||
    type === MessageType.SUBSCRIBE
  );
}
