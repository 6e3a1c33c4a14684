/** A session of code in this process, as its realm sees it: no transport, but the rules of any other. */
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
import { Entrance, type Carrier } from './entrance.ts';
import { LocalEntry, type CountedTurns } from './local-entry.ts';
import { Inbox } from './local-inbox.ts';

/** What a local session needs of the router. */
export interface LocalRouter {
  readonly clock: Clock;
  readonly turns: CountedTurns;
  readonly limits: Pick<Limits, 'queueSize' | 'slowConsumerTimeout' | 'authorizeTimeout'>;
  readonly limited: LimitTally;
  readonly log: Log;
  /** A session is there, and joins its realm. */
  entered(member: LocalMember): void;
  /** It is over. */
  left(member: LocalMember): void;
}

/** Who joins, where, and under which rules. */
export interface LocalIdentity {
  readonly realm: CoreRealm;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  /** Who decides what it may do; it may do everything when there is none. */
  readonly authorizer: Authorizer | undefined;
  /**
   * What becomes of it when it hears too slowly. Undefined for the router's own: it may take its time, and whatever it causes
   * is blamed on the client whose message is being heard.
   */
  readonly slowConsumer: SlowConsumerPolicy | undefined;
}

/** The code that the session belongs to. */
export interface LocalListener {
  /** Hears a message; must not throw. What an EVENT has returned is waited for, as far as slowness is concerned. */
  message(message: Message): unknown;
  /** The session is over, whoever has ended it. */
  closed(reason: Uri, message: string | undefined): void;
}

/** How it is connected, for the session meta API. */
const TRANSPORT: Dict = Object.freeze({ type: 'local' });

export class LocalMember implements Session, Carrier {
  readonly id: Id;
  readonly realm: CoreRealm;
  readonly principal: Principal;
  readonly features: PeerFeatures;
  readonly transport: Dict = TRANSPORT;
  readonly #router: LocalRouter;
  readonly #listener: LocalListener;
  readonly #inbox: Inbox;
  readonly #entry: LocalEntry;
  readonly #entrance: Entrance;
  readonly #slow: SlowConsumer | undefined;
  /** `leaving` once it has heard too slowly: it hears nothing more, and is over in a microtask. */
  #state: 'joined' | 'leaving' | 'closed' = 'joined';
  #awaiting: (() => void)[] = [];
  #isPaused = false;

  /** The realm knows nothing of it yet: `realm.join` is for whoever makes it. */
  constructor(router: LocalRouter, identity: LocalIdentity, listener: LocalListener, call: Asker['call']) {
    const { realm, principal, features, authorizer, slowConsumer } = identity;
    this.id = realm.newSessionId();
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
    const way = { outlet: this.#inbox, transport: this.#inbox, realm, session: this };
    this.#slow = slowConsumer && new SlowConsumer(slowConsumer, router, way);
    this.#entrance = new Entrance(this, { realm, session: this, call }, authorizer, router);
  }

  get isOpen(): boolean {
    return this.#state === 'joined';
  }

  get isBehind(): boolean {
    return this.#inbox.backlog > LOW_MARK;
  }

  whenCaughtUp(task: () => void): void {
    this.#awaiting.push(task);
  }

  /** What the session's code says. */
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
    this.end(ErrorUri.LIMIT_EXCEEDED, 'too many messages wait for a decision');
  }

  /** @returns undefined for a message that cannot be weighed, for its values refer to each other in a circle */
  #weigh(message: Message): number | undefined {
    try {
      return this.#inbox.encode(message);
    } catch {
      return undefined;
    }
  }

  /** Whoever waits for the message is told, here or by the core. */
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
    this.#entrance.receive(message);
  }

  /** There is no room for a message. The core is in the middle of sending: the end comes in a microtask. */
  #cutOff(): void {
    const { backlog } = this.#inbox;
    this.#state = 'leaving';
    queueMicrotask(() => {
      this.end(ErrorUri.SLOW_CONSUMER, `${backlog} bytes have not been heard`);
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

  /** What its code has done wrong ends the session, as it would end a client's. */
  #failed(error: unknown): void {
    const who = { realm: this.realm.name, session: this.id };
    if (error instanceof ProtocolViolation) {
      this.#router.log('info', 'protocol violation', { ...who, what: error.message });
      this.end(ErrorUri.PROTOCOL_VIOLATION, error.message);
    } else {
      this.#router.log('error', 'internal error', { ...who, error });
      this.end(ErrorUri.INTERNAL_ERROR, 'an internal error');
    }
  }
}

const UNREADABLE: Undeliverable = Object.freeze({
  error: ErrorUri.INVALID_PAYLOAD,
  why: 'the arguments refer to each other in a circle',
});
