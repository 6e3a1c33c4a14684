/** Inflow: processes received messages at once, or later if this turn has had enough work or their receivers are full. */
import {
  BatchCursor,
  MessageType,
  type ClosedBy,
  type Message,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import { Fifo } from '../core/fifo.ts';
import type { Producer, Work, Worker } from '../core/work.ts';
import { Arrivals, Oversized } from './arrivals.ts';
import type { TurnsOfRouter } from './turns.ts';

/** Processes the messages that the inflow passes on. */
export interface Hearer extends TransportListener {
  /** Processes a message that was decoded earlier, and has waited since. */
  message(message: Message): void;
  oversized(head: Uint8Array, length: number): void;
}

/** The parts of the router that this module uses. */
interface InflowRouter {
  readonly turns: TurnsOfRouter;
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** The base cost of a message (units of work). */
const MESSAGE = 2;
/** Bytes of a message that cost one unit of work, as a power of two: they are read, and possibly copied. */
const BYTES_A_UNIT = 12;
/** From this size on, processing is timed, because the cost of checking a message depends on its contents (bytes). */
const LARGE = 16 * 1024;
/** The likely cost of a timed message: bytes per unit, as a power of two (1 MiB of a list of ids: 33 ms). */
const LARGE_BYTES_A_UNIT = 5;
/** A message of this size waits for a turn in which little has come in (bytes). */
const VERY_LARGE = 128 * 1024;
/** When this many bytes of requests of a held client wait, reading from it pauses (bytes). */
const MOST_HELD = 1024 * 1024;
/** Memory that a waiting message takes in addition to its size (bytes). */
const OVERHEAD = 256;

/** The reasons why reading is paused, as flags. */
export const Pause = { TURN: 1, HELD: 2, CHOKED: 4, RATE: 8, GATE: 16 } as const;
export type Pause = (typeof Pause)[keyof typeof Pause];

export class Inflow implements TransportListener, Worker, Producer {
  readonly single = true;
  credit = 0;
  readonly #hearer: Hearer;
  readonly #transport: Transport;
  readonly #turns: TurnsOfRouter;
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #work: Work;
  /** Created when first needed; most connections never need it. */
  #arrivals: Arrivals | undefined;
  /** True while there are arrivals; new messages queue behind them. */
  #waiting = false;
  /** Requests that wait until this client is no longer held, with their weight (bytes). */
  readonly #held = new Fifo<{ readonly message: Message; readonly weight: number }>();
  #heldBytes = 0;
  /** True while new requests have to wait. */
  #holding = false;
  #holds = 0;
  #chokes = 0;
  #pauses = 0;
  /** True while this inflow waits for a slice of a turn. */
  #queued = false;
  /** Why the transport closed; set while messages received before that have not been processed yet. */
  #gone: { readonly reason: string; readonly by: ClosedBy | undefined } | undefined;
  #stopped = false;

  constructor(hearer: Hearer, transport: Transport, { turns, clock }: InflowRouter) {
    this.#hearer = hearer;
    this.#transport = transport;
    this.#turns = turns;
    this.#clock = clock;
    this.#work = turns.work;
  }

  frame(bytes: Uint8Array): void {
    if (!this.#waiting && this.#hasRoomFor(bytes)) this.#hear(bytes);
    else if (!this.#stopped) {
      this.#arriving().push(bytes);
      this.#await();
    }
  }

  /** Processes the messages of a batch. A malformed batch is a violation, and none of its messages is processed. */
  batch(bytes: Uint8Array): void {
    const { serializer } = this.#transport;
    const cursor = BatchCursor.over(bytes, serializer);
    if (cursor === undefined) {
      this.violation('the batch is empty, or ends within a message');
      return;
    }
    while (!this.#waiting && !this.#work.isOver) {
      const frame = cursor.next();
      if (frame === undefined || this.#stopped) return;
      this.#hear(frame);
    }
    if (this.#stopped) return;
    this.#arriving().pushBatch(cursor.rest, serializer);
    this.#await();
  }

  oversized(head: Uint8Array, length: number): void {
    this.#work.spent += MESSAGE + (length >>> BYTES_A_UNIT);
    if (this.#waiting) this.#arriving().pushOversized(head, length);
    else this.#hearer.oversized(head, length);
  }

  violation(what: string, failure?: TransportFailure): void {
    this.#hearer.violation(what, failure);
  }

  drained(): void {
    this.#hearer.drained?.();
  }

  /** Reports that the transport closed, after the messages that it delivered before have been processed. */
  closed(reason: string, by?: ClosedBy): void {
    if (this.#waiting || this.#held.size > 0) {
      this.#gone = { reason, by };
      this.#await();
    } else this.#hearer.closed(reason, by);
  }

  /** Ignores everything from now on. The transport is still read, so that its end is noticed. */
  stop(): void {
    this.#stopped = true;
    this.#arrivals = undefined;
    this.#waiting = false;
    this.#held.clear();
    if (this.#pauses !== 0) this.#transport.resume?.();
    this.#pauses = 0;
  }

  /**
   * Keeps a request back while its sender is held. Answers pass, because other sessions wait for them.
   * @param size the size of the message (bytes)
   * @returns true when the message is kept, and will be processed later
   */
  keepsBack(message: Message, size: number): boolean {
    if (!this.#holding || this.#isOnItsWay || isAnswer(message)) return false;
    if ('payload' in message) message.payload.keep();
    const weight = OVERHEAD + size;
    this.#held.push({ message, weight });
    this.#heldBytes += weight;
    if (this.#heldBytes > MOST_HELD) this.pause(Pause.HELD);
    return true;
  }

  hold(): void {
    this.#holds += 1;
    this.#holding = true;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds > 0) return;
    if (this.#held.size > 0) this.#await();
    else this.#holding = false;
  }

  choke(): void {
    this.#chokes += 1;
    this.pause(Pause.CHOKED);
  }

  unchoke(): void {
    this.#chokes -= 1;
    if (this.#chokes === 0) this.resume(Pause.CHOKED);
  }

  /** Pauses reading until every reason has been resumed. */
  pause(reason: Pause): void {
    if (this.#stopped) return;
    if (this.#pauses === 0) this.#transport.pause?.();
    this.#pauses |= reason;
  }

  resume(reason: Pause): void {
    if ((this.#pauses & reason) === 0) return;
    this.#pauses &= ~reason;
    if (this.#pauses === 0 && this.#gone === undefined) this.#transport.resume?.();
  }

  proceed(): boolean {
    const work = this.#work;
    while (!work.isOver) {
      if ((this.#arrivals?.nextSize ?? 0) >= VERY_LARGE && !this.#turns.hasRoom(this)) return false;
      if (this.#goOn()) continue;
      this.#queued = false;
      this.#caughtUp();
      return false;
    }
    return true;
  }

  /** Runs a task that this client has caused; its work is charged to this client. */
  cause(task: () => void): void {
    const work = this.#work;
    if (work.spent === 0) this.#turns.begin();
    work.producer = this;
    task();
    work.producer = undefined;
  }

  /** Whether this turn has room for a message; a large one needs room for its likely cost, or a turn that has just begun. */
  #hasRoomFor(bytes: Uint8Array): boolean {
    const { spent, limit } = this.#work;
    if (bytes.length < LARGE || spent < limit >>> 3) return spent < limit;
    return spent + (bytes.length >>> LARGE_BYTES_A_UNIT) < limit;
  }

  /** True when requests that were kept back may be processed. They precede all other messages. */
  get #isFree(): boolean {
    return this.#holds === 0 || this.#gone !== undefined;
  }

  get #isOnItsWay(): boolean {
    return this.#gone !== undefined && this.#held.size === 0;
  }

  /** Processes the next message that may be processed. @returns false when there is none */
  #goOn(): boolean {
    if (this.#isFree && this.#held.size > 0) this.#hearHeld();
    else {
      const next = this.#arrivals?.shift();
      if (next === undefined) return false;
      if (next instanceof Oversized) this.#hearer.oversized(next.head, next.length);
      else this.#hear(next);
    }
    return !this.#stopped;
  }

  #hear(bytes: Uint8Array): void {
    const work = this.#work;
    if (work.spent === 0) this.#turns.begin();
    work.spent += MESSAGE + (bytes.length >>> BYTES_A_UNIT);
    work.producer = this;
    if (bytes.length < LARGE) this.#hearer.frame(bytes);
    else this.#time(bytes);
    work.producer = undefined;
    if (work.spent >= work.untimed) this.#turns.time();
  }

  /** Charges a large message by the clock, if it took more microseconds than the units it was counted as. */
  #time(bytes: Uint8Array): void {
    const work = this.#work;
    const { spent } = work;
    const start = this.#clock.elapsed();
    this.#hearer.frame(bytes);
    const taken = Math.ceil(1000 * (this.#clock.elapsed() - start));
    work.spent = Math.max(work.spent, spent + taken);
  }

  #hearHeld(): void {
    const next = this.#held.shift();
    if (next === undefined) return;
    this.#heldBytes -= next.weight;
    this.#work.spent += MESSAGE;
    this.cause(() => {
      this.#hearer.message(next.message);
    });
  }

  /** Called when no message is left that may be processed now. */
  #caughtUp(): void {
    this.#waiting = false;
    this.resume(Pause.TURN);
    if (this.#held.size > 0) return;
    this.#holding = this.#holds > 0;
    this.resume(Pause.HELD);
    if (this.#gone !== undefined && !this.#stopped) this.#hearer.closed(this.#gone.reason, this.#gone.by);
  }

  #arriving(): Arrivals {
    this.#waiting = true;
    this.pause(Pause.TURN);
    return (this.#arrivals ??= new Arrivals());
  }

  #await(): void {
    if (this.#queued) return;
    this.#queued = true;
    this.#turns.add(this);
  }
}

/** True for a message that another session waits for. */
function isAnswer({ type }: Message): boolean {
  return type === MessageType.YIELD || type === MessageType.ERROR;
}
