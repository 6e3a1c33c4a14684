/** A local session as its realm sees it: without a transport, but under the same rules as clients. */
import {
  CloseUri,
  ErrorUri,
  ProtocolViolation,
  type Dict,
  type Id,
  type Message,
  type PeerFeatures,
  type Uri,
} from '@wamp/protocol';
import type { Asker, Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Request } from '../core/requests.ts';
import type { Departure, Principal, Session, Undeliverable } from '../core/session.ts';
import type { Limits, LimitTally } from '../limits.ts';
import type { Log } from '../log.ts';
import { LOW_MARK } from '../output/holding.ts';
import { SlowConsumer, type SlowConsumerPolicy } from '../output/slow-consumer.ts';
import { insteadOf } from '../output/undeliverable.ts';
import { Entrance, type EntranceCarrier } from './entrance.ts';
import { CountedTraffic } from './counted-traffic.ts';
import { LocalEntry, type CountedTurns } from './local-entry.ts';
import { Inbox } from './local-inbox.ts';

/** The part of the router that a local session uses. */
export interface LocalRouter {
  readonly clock: Clock;
  readonly turns: CountedTurns;
  readonly limits: Pick<Limits, 'queueSize' | 'slowConsumerTimeout' | 'authorizeTimeout'>;
  readonly limited: LimitTally;
  readonly log: Log;
  /** Adds a session, which joins its realm. */
  entered(member: LocalMember): void;
  /** Removes a session that has ended. */
  left(member: LocalMember): void;
}

/** The principal of a session, its realm, and the rules that apply to it. */
export interface LocalIdentity {
  readonly realm: CoreRealm;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  /** Decides what the session may do; undefined to permit everything. */
  readonly authorizer: Authorizer | undefined;
  /**
   * What happens when it processes messages too slowly. Undefined for the router's own sessions: they are not limited,
   * and their work counts as caused by the client whose message is being processed.
   */
  readonly slowConsumer: SlowConsumerPolicy | undefined;
  /** Its transport details, for the session meta API; `{ type: 'local' }` by default. */
  readonly transport?: Dict | undefined;
  /** Its id, when one has been drawn already. */
  readonly id?: Id | undefined;
}

/** The code that uses the session. */
export interface LocalListener {
  /** Processes a message; must not throw. An EVENT counts as unread until the returned promise settles. */
  message(message: Message): unknown;
  /** Called once the session has ended. */
  closed(reason: Uri, message: string | undefined): void;
}

/** Its transport details, for the session meta API. */
const TRANSPORT: Dict = Object.freeze({ type: 'local' });

export class LocalMember implements Session, EntranceCarrier {
  readonly id: Id;
  readonly realm: CoreRealm;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict;
  readonly joined: number;
  readonly traffic: CountedTraffic = new CountedTraffic();
  readonly #router: LocalRouter;
  readonly #listener: LocalListener;
  readonly #inbox: Inbox;
  readonly #entry: LocalEntry;
  readonly #entrance: Entrance;
  readonly #slow: SlowConsumer | undefined;
  /** `leaving` after it was too slow: it receives nothing more, and ends in a microtask. */
  #state: 'joined' | 'leaving' | 'closed' = 'joined';
  #awaiting: (() => void)[] = [];
  #isPaused = false;

  /** Does not join the realm: the creator calls `realm.join`. */
  constructor(router: LocalRouter, identity: LocalIdentity, listener: LocalListener, call: Asker['call']) {
    const { realm, principal, features, authorizer, slowConsumer } = identity;
    this.id = identity.id ?? realm.newSessionId();
    this.joined = router.clock.now();
    this.transport = identity.transport ?? TRANSPORT;
    this.realm = realm;
    this.principal = principal;
    this.features = features;
    this.#router = router;
    this.#listener = listener;
    const { turns } = router;
    this.#inbox = new Inbox(
      turns,
      (message) => listener.message(message),
      () => {
        this.#drained();
      },
    );
    this.#entry = new LocalEntry(
      turns,
      realm.kept.undecided,
      this,
      {
        hear: (message) => {
          this.#hear(message);
        },
        refuse: (message, error, why) => {
          realm.limited.add('undecided_messages');
          realm.deny(this, message as Request, error, why);
        },
        failed: (error) => {
          this.#failed(error);
        },
      },
      slowConsumer !== undefined,
    );
    const way = { outlet: this.#inbox, transport: this.#inbox, realm, session: this, traffic: this.traffic };
    this.#slow = slowConsumer && new SlowConsumer(slowConsumer, router, way);
    this.#entrance = new Entrance(this, { realm, session: this, call }, authorizer, router);
  }

  get isOpen(): boolean {
    return this.#state === 'joined';
  }

  get isBehind(): boolean {
    return this.#inbox.backlog > LOW_MARK;
  }

  get queued(): number {
    return this.#inbox.backlog;
  }

  whenCaughtUp(task: () => void): void {
    this.#awaiting.push(task);
  }

  /** Processes a message from the session's code. */
  receive(message: Message): void {
    if (this.#state === 'joined') this.#entry.receive(message);
  }

  send(message: Message): Undeliverable | undefined {
    if (this.#state !== 'joined') return undefined;
    const { work } = this.#router.turns;
    work.spent += 1;
    const slow = this.#slow;
    const length = this.#weigh(message);
    if (length === undefined) return this.#cannotTell(message);
    if (slow === undefined || this.#inbox.backlog <= slow.room || slow.takesOn(length, work.producer)) {
      this.#inbox.send();
      this.realm.traffic.sent.add(message.type);
      this.traffic.send(0);
    } else if (!slow.take(message)) this.#cutOff();
    return undefined;
  }

  end(reason: Uri, message?: string, departure?: Departure): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#entrance.close();
    this.#slow?.close();
    this.#inbox.close();
    this.#entry.close();
    this.realm.leave(this, departure);
    this.#router.left(this);
    this.#caughtUp();
    this.#listener.closed(reason, message);
  }

  goodbye(): void {
    this.end(CloseUri.GOODBYE_AND_OUT);
  }

  later(task: () => void): void {
    if (this.isOpen) this.#entry.cause(task);
  }

  pause(): void {
    if (!this.#isPaused) this.#entry.hold();
    this.#isPaused = true;
  }

  resume(): void {
    if (this.#isPaused) this.#entry.release();
    this.#isPaused = false;
  }

  overflow(): void {
    this.end(ErrorUri.LIMIT_EXCEEDED, 'too many requests wait for authorization');
  }

  /** @returns undefined for a message whose size cannot be computed because its values are circular */
  #weigh(message: Message): number | undefined {
    try {
      return this.#inbox.encode(message);
    } catch {
      return undefined;
    }
  }

  /** Informs the peer that waits for the message, here or through the core. */
  #cannotTell(message: Message): Undeliverable {
    this.realm.traffic.dropped.add(message.type);
    const instead = insteadOf(message, UNREADABLE);
    if (instead !== undefined) {
      this.#inbox.encode(instead);
      this.#inbox.send();
    }
    return UNREADABLE;
  }

  #hear(message: Message): void {
    if (this.#state !== 'joined') return;
    this.realm.traffic.received.add(message.type);
    this.traffic.receive();
    this.#entrance.receive(message);
  }

  /**
   * Ends the session because it has no room for a message; in a microtask, because the core is in the middle of
   * sending.
   */
  #cutOff(): void {
    const { backlog } = this.#inbox;
    this.#state = 'leaving';
    queueMicrotask(() => {
      this.end(ErrorUri.SLOW_CONSUMER, `the session has ${backlog} unread bytes, more than limits.queueSize`);
    });
  }

  #drained(): void {
    this.#slow?.drained();
    if (!this.isBehind) this.#caughtUp();
  }

  #caughtUp(): void {
    const tasks = this.#awaiting;
    if (tasks.length === 0) return;
    this.#awaiting = [];
    for (const task of tasks) task();
  }

  /** Ends the session because of an error of its code, as it would end a client's session. */
  #failed(error: unknown): void {
    const who = { realm: this.realm.name, session: this.id };
    if (error instanceof ProtocolViolation) {
      this.#router.log('info', 'protocol violation', {
        code: 'protocol_violation',
        ...who,
        what: error.message,
      });
      this.end(ErrorUri.PROTOCOL_VIOLATION, error.message);
    } else {
      this.#router.log('error', 'internal error', { code: 'internal_error', ...who, error });
      this.end(ErrorUri.INTERNAL_ERROR, 'an internal error');
    }
  }
}

const UNREADABLE: Undeliverable = Object.freeze({
  error: ErrorUri.INVALID_PAYLOAD,
  why: 'the arguments contain a circular reference',
});
