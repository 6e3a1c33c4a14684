/** Link: one ordered, acknowledged stream of entries to another node, and the stream from that node. */
import type { Clock } from '../core/clock.ts';
import { ACK_NOW, Kind, readEntry, writeMessage, type LinkEntry, type Head } from './wire.ts';

/** The longest body of a DATA message, in bytes. */
const MOST_BODY = 256 * 1024;
/** An acknowledgement is sent after this many messages or this many ms, at the latest. */
const ACK_AFTER = 64;
const ACK_DELAY = 20;
/** The minimum interval between two reports of a gap, and between two answers to such reports (ms). */
const NAK_INTERVAL = 100;
/** After this time without progress (ms), all unacknowledged messages are sent again. */
const STUCK = 1000;

/** Flushes at the end of the turn what has something to send. */
export interface EndOfTurn {
  add(dirty: { flush(): void }): void;
}

export interface LinkOptions {
  readonly clock: Clock;
  readonly queue: EndOfTurn;
  /** The epoch of this node. */
  readonly epoch: string;
  /** The version of the wire protocol that is agreed with the other node. */
  readonly version: number;
  readonly maxMessage: number;
  /** How many bytes may be sent and not acknowledged; further messages wait. */
  readonly window: () => number;
  send(bytes: Uint8Array): void;
  received(entry: LinkEntry): void;
}

/** The counters of a link. */
export interface LinkCounts {
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  resent: number;
  gaps: number;
  duplicates: number;
}

interface Waiter {
  /** The message whose acknowledgement it waits for; undefined until its entries are in a message. */
  number: number | undefined;
  readonly done: () => void;
}

/** Performs no I/O: `send` and the clock are options. */
export class Link {
  readonly counts: LinkCounts = {
    sent: 0,
    sentBytes: 0,
    received: 0,
    receivedBytes: 0,
    resent: 0,
    gaps: 0,
    duplicates: 0,
  };
  readonly #options: LinkOptions;
  /** Entries that are not in a message yet. */
  #entries: Uint8Array[] = [];
  /** Unacknowledged messages, by number. */
  readonly #kept = new Map<number, Uint8Array>();
  #keptBytes = 0;
  /** The number of the last message, of the last one that was sent, and of the last one that was acknowledged. */
  #last = 0;
  #sent = 0;
  #acked = 0;
  #sentBytes = 0;
  #progressAt: number;
  #wentBackAt = -Infinity;
  #waiters: Waiter[] = [];
  /** The number of the last message of the other node that was processed. */
  #heard = 0;
  /** How many messages were processed and not acknowledged. */
  #owed = 0;
  #isAckDue = false;
  #dismissAck: (() => void) | undefined;
  #nakAt = -Infinity;
  #isDirty = false;
  /** The beginning of an entry whose end is in a later message. */
  #partial: Buffer | undefined;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#progressAt = options.clock.elapsed();
  }

  /** Bytes that the other node has not acknowledged. */
  get unacknowledged(): number {
    return this.#keptBytes;
  }

  /** Whether the window has room for more. */
  get hasRoom(): boolean {
    return this.#keptBytes < this.#options.window();
  }

  /** Appends an entry to the stream; it is sent at the end of the turn. */
  put(entry: Uint8Array): void {
    if (this.#isClosed) return;
    this.#entries.push(entry);
    this.#keptBytes += entry.length;
    this.#touch();
  }

  /** Calls `done` once the other node has processed everything that was put so far. */
  whenAcknowledged(done: () => void): void {
    if (this.#isClosed || (this.#entries.length === 0 && this.#acked === this.#last)) {
      done();
      return;
    }
    this.#waiters.push({ number: this.#entries.length === 0 ? this.#last : undefined, done });
  }

  /** Sends what was put in this turn, with the acknowledgement that is due. */
  flush(): void {
    this.#isDirty = false;
    if (this.#isClosed) return;
    if (this.#entries.length > 0) this.#pack();
    this.#transmit();
    if (this.#isAckDue) this.#sendControl(Kind.ACK, 0);
  }

  /** Processes a message of the other node. @param body valid until this method returns */
  receive(head: Head, body: Uint8Array): void {
    if (this.#isClosed) return;
    this.#acknowledged(head.ack);
    if (head.kind === Kind.NAK) this.#missed(head.number);
    else if (head.kind === Kind.DATA) this.#data(head, body);
    if (this.#last > this.#sent) this.#touch();
  }

  /** Sends all unacknowledged messages again, because they may have been lost with the connection. */
  reconnected(): void {
    this.#goBack(this.#acked + 1);
  }

  /** Called at regular intervals: sends unacknowledged messages again if there is no progress. */
  check(): void {
    const now = this.#options.clock.elapsed();
    if (this.#sent === this.#acked || now - this.#progressAt < STUCK) return;
    this.#goBack(this.#acked + 1);
  }

  close(): void {
    this.#isClosed = true;
    this.#dismissAck?.();
    this.#kept.clear();
    this.#entries = [];
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { done } of waiters) done();
  }

  #touch(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#options.queue.add(this);
  }

  /** Puts entries into messages. */
  #pack(): void {
    const stream = this.#entries.length === 1 ? this.#entries[0] : Buffer.concat(this.#entries);
    this.#entries = [];
    if (stream === undefined) return;
    const most = Math.min(MOST_BODY, this.#options.maxMessage - 64);
    for (let at = 0; at < stream.length; at += most) {
      this.#last += 1;
      this.#kept.set(this.#last, stream.subarray(at, Math.min(at + most, stream.length)));
    }
    for (const waiter of this.#waiters) waiter.number ??= this.#last;
  }

  /** Sends as many messages as the window has room for. */
  #transmit(): void {
    const window = this.#options.window();
    while (this.#sent < this.#last && (this.#sentBytes < window || this.#sent === this.#acked)) {
      this.#sent += 1;
      const body = this.#kept.get(this.#sent) ?? NOTHING;
      if (this.#sent === this.#acked + 1) this.#progressAt = this.#options.clock.elapsed();
      this.#sentBytes += body.length;
      this.counts.sent += 1;
      this.counts.sentBytes += body.length;
      this.#sendData(this.#sent, body);
    }
  }

  #sendData(number: number, body: Uint8Array): void {
    const flags = this.#waiters.some((waiter) => waiter.number === number) ? ACK_NOW : 0;
    this.#paid();
    const { epoch, version } = this.#options;
    this.#options.send(
      writeMessage({ version, kind: Kind.DATA, flags, epoch, number, ack: this.#heard }, [body]),
    );
  }

  #sendControl(kind: number, number: number): void {
    this.#paid();
    const { epoch, version } = this.#options;
    this.#options.send(writeMessage({ version, kind, flags: 0, epoch, number, ack: this.#heard }));
  }

  /** Notes that the message to be sent acknowledges everything that was processed. */
  #paid(): void {
    this.#owed = 0;
    this.#isAckDue = false;
    this.#dismissAck?.();
    this.#dismissAck = undefined;
  }

  #acknowledged(ack: number): void {
    if (ack <= this.#acked || ack > this.#sent) return;
    while (this.#acked < ack) {
      this.#acked += 1;
      const { length } = this.#kept.get(this.#acked) ?? NOTHING;
      this.#keptBytes -= length;
      this.#sentBytes -= length;
      this.#kept.delete(this.#acked);
    }
    this.#progressAt = this.#options.clock.elapsed();
    if (this.#waiters.length === 0) return;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ number = Infinity }) => number > ack);
    for (const { number = Infinity, done } of waiters) if (number <= ack) done();
  }

  /** Sends messages again from this number on, because the other node has reported a gap. */
  #missed(number: number): void {
    this.#acknowledged(number - 1);
    if (this.#options.clock.elapsed() - this.#wentBackAt >= NAK_INTERVAL) this.#goBack(number);
  }

  #goBack(from: number): void {
    const now = this.#options.clock.elapsed();
    this.#wentBackAt = now;
    this.#progressAt = now;
    for (let number = Math.max(from, this.#acked + 1); number <= this.#sent; number += 1) {
      this.counts.resent += 1;
      this.#sendData(number, this.#kept.get(number) ?? NOTHING);
    }
  }

  #data({ number, flags }: Head, body: Uint8Array): void {
    if (number !== this.#heard + 1) {
      this.#outOfOrder(number);
      return;
    }
    this.#heard = number;
    this.counts.received += 1;
    this.counts.receivedBytes += body.length;
    this.#owe((flags & ACK_NOW) !== 0);
    this.#read(body);
  }

  #outOfOrder(number: number): void {
    if (number <= this.#heard) {
      this.counts.duplicates += 1;
      this.#owe(true);
      return;
    }
    this.counts.gaps += 1;
    const now = this.#options.clock.elapsed();
    if (now - this.#nakAt < NAK_INTERVAL) return;
    this.#nakAt = now;
    this.#sendControl(Kind.NAK, this.#heard + 1);
  }

  #owe(atOnce: boolean): void {
    this.#owed += 1;
    if (atOnce || this.#owed >= ACK_AFTER) {
      this.#isAckDue = true;
      this.#touch();
    } else {
      this.#dismissAck ??= this.#options.clock.after(ACK_DELAY, () => {
        this.#dismissAck = undefined;
        this.#isAckDue = true;
        this.flush();
      });
    }
  }

  /** Delivers the entries of a body. Only an entry that is split between messages is copied; others are read in place. */
  #read(body: Uint8Array): void {
    const here = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const stream = this.#partial === undefined ? here : Buffer.concat([this.#partial, here]);
    this.#partial = undefined;
    let at = 0;
    for (;;) {
      const next = readEntry(stream, at);
      if (next === undefined) break;
      at += next.length;
      this.#options.received(next.entry);
      if (this.#isClosed) return;
    }
    if (at < stream.length) this.#partial = Buffer.from(stream.subarray(at));
  }
}

const NOTHING = new Uint8Array(0);
