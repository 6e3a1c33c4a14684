/** Link: one ordered, acknowledged stream of entries to another node, and the stream from that node. */
import type { Clock } from '../core/clock.ts';
import { EntryReader, type EntryListener } from './entry-reader.ts';
import { ACK_NOW, HEAD, Kind, writeHead, writeMessage, type Head } from './wire.ts';

/** The longest body of a DATA message, in bytes. */
const MOST_BODY = 256 * 1024;
/** The initial size of the buffer for entries (bytes). */
const LEAST_ENTRIES = 4096;
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

export interface LinkOptions extends EntryListener {
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
  /** The maximum length of the body of a message. */
  readonly #most: number;
  /** Entries that are not in a message yet: the first `#open` bytes. */
  #entries: Buffer = Buffer.allocUnsafe(LEAST_ENTRIES);
  #open = 0;
  /** Unacknowledged messages, from the oldest on, without gaps. */
  readonly #kept: Buffer[] = [];
  /** Bytes of entries that are not acknowledged. */
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
  /** When the first of them was. */
  #owedSince = 0;
  #isAckDue = false;
  #dismissAck: (() => void) | undefined;
  #nakAt = -Infinity;
  #isDirty = false;
  readonly #reader: EntryReader;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#most = Math.min(MOST_BODY, options.maxMessage - 64);
    this.#progressAt = options.clock.elapsed();
    this.#reader = new EntryReader(options, () => this.#isClosed);
  }

  /** Whether the other node has sent what cannot be a part of the stream, after which no entry of it is read. */
  get isBroken(): boolean {
    return this.#reader.isBroken;
  }

  /** Bytes that the other node has not acknowledged. */
  get unacknowledged(): number {
    return this.#keptBytes;
  }

  /** Whether the window has room for more. */
  get hasRoom(): boolean {
    return this.#keptBytes < this.#options.window();
  }

  /** Appends an entry to the stream; it is sent at the end of the turn. @param entry is lent */
  put(entry: Uint8Array): void {
    if (this.#isClosed) return;
    const { length } = entry;
    this.#keptBytes += length;
    if (this.#open + length <= this.#most) this.#append(entry);
    else {
      for (let at = 0; at < length;) {
        if (this.#open === this.#most) this.#pack();
        const end = Math.min(length, at + this.#most - this.#open);
        this.#append(entry.subarray(at, end));
        at = end;
      }
    }
    this.#touch();
  }

  /** Calls `done` once the other node has processed everything that was put so far. */
  whenAcknowledged(done: () => void): void {
    if (this.#isClosed || (this.#open === 0 && this.#acked === this.#last)) {
      done();
      return;
    }
    this.#waiters.push({ number: this.#open === 0 ? this.#last : undefined, done });
  }

  /** Sends what was put in this turn, with the acknowledgement that is due. */
  flush(): void {
    this.#isDirty = false;
    if (this.#isClosed) return;
    if (this.#open > 0) this.#pack();
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
    this.#kept.length = 0;
    this.#open = 0;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { done } of waiters) done();
  }

  #touch(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#options.queue.add(this);
  }

  /** Appends a part of an entry, for which the message has room. */
  #append(part: Uint8Array): void {
    const end = this.#open + part.length;
    if (end > this.#entries.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(this.#most, Math.max(end, 2 * this.#entries.length)));
      larger.set(this.#entries.subarray(0, this.#open));
      this.#entries = larger;
    }
    this.#entries.set(part, this.#open);
    this.#open = end;
  }

  /** Puts the entries into a message, whose head is written when it is sent. */
  #pack(): void {
    const message = Buffer.allocUnsafe(HEAD + this.#open);
    message.set(this.#entries.subarray(0, this.#open), HEAD);
    this.#open = 0;
    this.#kept.push(message);
    this.#last += 1;
    for (const waiter of this.#waiters) waiter.number ??= this.#last;
  }

  /** Sends as many messages as the window has room for. */
  #transmit(): void {
    if (this.#sent === this.#last) return;
    const window = this.#options.window();
    while (this.#sent < this.#last && (this.#sentBytes < window || this.#sent === this.#acked)) {
      const message = this.#kept[this.#sent - this.#acked];
      if (message === undefined) return;
      this.#sent += 1;
      if (this.#sent === this.#acked + 1) this.#progressAt = this.#options.clock.elapsed();
      this.#sentBytes += message.length - HEAD;
      this.counts.sent += 1;
      this.counts.sentBytes += message.length - HEAD;
      this.#sendData(this.#sent, message);
    }
  }

  #sendData(number: number, message: Buffer): void {
    const isAwaited = this.#waiters.length > 0 && this.#waiters.some((waiter) => waiter.number === number);
    this.#paid();
    const { epoch, version } = this.#options;
    const flags = isAwaited ? ACK_NOW : 0;
    writeHead(message, { version, kind: Kind.DATA, flags, epoch, number, ack: this.#heard });
    this.#options.send(message);
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
  }

  #acknowledged(ack: number): void {
    if (ack <= this.#acked || ack > this.#sent) return;
    for (const { length } of this.#kept.splice(0, ack - this.#acked)) {
      this.#keptBytes -= length - HEAD;
      this.#sentBytes -= length - HEAD;
    }
    this.#acked = ack;
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
      const message = this.#kept[number - this.#acked - 1];
      if (message === undefined) return;
      this.counts.resent += 1;
      // A copy: the engine may not have sent the first one yet.
      this.#sendData(number, Buffer.from(message));
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
    this.#reader.read(body);
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
    } else if (this.#owed === 1) {
      this.#owedSince = this.#options.clock.elapsed();
      if (this.#dismissAck === undefined) this.#ackAfter(ACK_DELAY);
    }
  }

  /** The timer continues to run when no acknowledgement is due any more: a timer for each message would cost too much. */
  #ackAfter(delay: number): void {
    this.#dismissAck = this.#options.clock.after(delay, () => {
      this.#dismissAck = undefined;
      if (this.#owed === 0) return;
      const left = this.#owedSince + ACK_DELAY - this.#options.clock.elapsed();
      if (left >= 1) {
        this.#ackAfter(left);
        return;
      }
      this.#isAckDue = true;
      this.flush();
    });
  }
}
