/** The connection of a hostile client, which controls exactly what it sends and how much it reads. */
import { connect, type Socket } from 'node:net';
import { fromList, json, splitBatch, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { sleep } from '../sleep.ts';
import { FrameReader, header, type Framing } from './frames.ts';
import { headOf, type Head } from './heads.ts';
import { count, type KindTally } from './tally.ts';

/** The transport and serializer of a link. `batched` is subprotocol wamp.2.json.batched; `msgpack` and `cbor` use RawSocket. */
export type Speech = 'rawsocket' | 'websocket' | 'batched' | 'msgpack' | 'cbor';

const WELCOME = 2;
const INVOCATION = 68;
const EVENT = 36;
const SUBSCRIBED = 33;
const REGISTERED = 65;
/** The types of answers whose second element is the request id. */
const ANSWERS: ReadonlySet<number> = new Set([17, SUBSCRIBED, 35, 50, REGISTERED, 67]);
const SEPARATOR = '\u001e';
/** The maximum number of ids of subscriptions and registrations that are kept. */
const MOST_IDS = 20_000;
/** How long a hostile session waits for an answer (s), unless its place says otherwise. */
const PATIENCE = 10;
/** A session continues to send when at most this much is unsent (bytes). */
const LOW_MARK = 256 * 1024;

const FEATURES = {
  caller: { call_canceling: true, call_timeout: true, progressive_call_results: true, progressive_call_invocations: true },
  callee: { call_canceling: true, progressive_call_results: true, progressive_call_invocations: true, shared_registration: true, pattern_based_registration: true },
  publisher: { publisher_exclusion: true, subscriber_blackwhite_listing: true },
  subscriber: { pattern_based_subscription: true, publication_trustlevels: true },
}; // prettier-ignore
const ROLES = Object.fromEntries(Object.entries(FEATURES).map(([role, features]) => [role, { features }]));

/** The address of the router, and the identity that the client claims. */
export interface Place {
  readonly port: number;
  readonly realm: string;
  /** A client address to claim, as a proxy that the router trusts: by X-Forwarded-For, or by PROXY with RawSocket. */
  readonly from?: string | undefined;
  /** True to connect without ever sending HELLO. */
  readonly silent?: boolean | undefined;
  /** How long to wait for an answer (s); 10 by default. */
  readonly patience?: number | undefined;
}

export class Link {
  readonly speech: Speech;
  readonly socket: Socket;
  readonly #framing: Framing;
  readonly #serializer: Serializer;
  /** s */
  readonly #patience: number;
  readonly #reader: FrameReader;
  readonly #waiting = new Map<number, (answer: Head | undefined) => void>();
  readonly #joined: (reason?: string) => void;
  #greeted = false;
  #greeting: Buffer = Buffer.alloc(0);
  #isOver = false;
  #leaves = false;
  #lastRequest = 0;

  /** Why the router ended the session; undefined while it is open, and after `leave` or `sayGoodbye`. */
  ended: string | undefined;
  /** Counts what is sent and refused from here on. */
  tally: KindTally;
  /** Called for each INVOCATION. */
  invoked: ((request: number, registration: number) => void) | undefined;
  /** Ids of the subscriptions and registrations since {@link forgetIds}. */
  subscriptions: number[] = [];
  registrations: number[] = [];
  /** Called for each EVENT with the message, or with its beginning if it is long. */
  heard: ((event: Buffer) => void) | undefined;
  events = 0;
  /** Answers of any kind. */
  answers = 0;

  /** Resolves once the session is open. @throws Error with the reason of the refusal */
  static async open(place: Place, speech: Speech, tally: KindTally): Promise<Link> {
    let settle: (reason?: string) => void = () => undefined;
    const settled = new Promise<string | undefined>((resolve) => (settle = resolve));
    const link: Link = new Link(place, speech, tally, settle);
    const late = setTimeout(settle, link.#patience * 3000, 'no answer to HELLO');
    const reason = await settled;
    clearTimeout(late);
    if (reason === undefined) return link;
    link.leave();
    throw new Error(reason);
  }

  private constructor(place: Place, speech: Speech, tally: KindTally, joined: (reason?: string) => void) {
    this.speech = speech;
    this.#patience = place.patience ?? PATIENCE;
    this.tally = tally;
    this.#joined = joined;
    this.#framing = speech === 'websocket' || speech === 'batched' ? 'websocket' : 'rawsocket';
    this.#serializer = speech === 'msgpack' ? msgpack : speech === 'cbor' ? cbor : json;
    this.#reader = new FrameReader(this.#framing, {
      message: (bytes, whole) => this.#received(bytes, whole),
      answer: (frame) => this.socket.write(frame),
      closed: (code) => this.#end(`WebSocket close ${code}`),
    });
    this.socket = connect({ port: place.port, host: '127.0.0.1', noDelay: true });
    this.socket.setMaxListeners(0);
    this.socket.on('data', (chunk) => this.#data(chunk, place));
    this.socket.on('error', (error) => this.#end((error as NodeJS.ErrnoException).code ?? error.message));
    this.socket.on('close', () => this.#end('closed without ABORT or GOODBYE'));
    this.socket.write(this.#hello(place));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** How much of what was written is still in this process (bytes). */
  get unsent(): number {
    return this.socket.writableLength;
  }

  newRequest(): number {
    return (this.#lastRequest += 1);
  }

  /** Sends one message in JSON, given as its beginning and, without a copy, its end. */
  send(start: string, end?: Buffer): void {
    const closing = this.speech === 'batched' ? SEPARATOR : '';
    const head = end === undefined ? Buffer.from(start + closing) : Buffer.from(start);
    const tail = end !== undefined && closing !== '' ? Buffer.from(closing) : undefined;
    const length = head.length + (end?.length ?? 0) + (tail?.length ?? 0);
    if (this.#isOver) return;
    this.tally.messages += 1;
    this.tally.bytes += length;
    this.socket.cork();
    this.socket.write(header(this.#framing, length));
    this.socket.write(head);
    if (end !== undefined) this.socket.write(end);
    if (tail !== undefined) this.socket.write(tail);
    this.socket.uncork();
  }

  /** Sends many small messages at once: in one WebSocket message if the link is `batched`, else in one write. */
  sendAll(messages: readonly string[]): void {
    if (this.#isOver) return;
    this.tally.messages += messages.length;
    const parts = this.speech === 'batched' ? this.#batch(messages) : this.#frames(messages);
    const bytes = Buffer.concat(parts);
    this.tally.bytes += bytes.length;
    this.socket.write(bytes);
  }

  #batch(messages: readonly string[]): Buffer[] {
    const body = Buffer.from(messages.join(SEPARATOR) + SEPARATOR);
    return [header('websocket', body.length), body];
  }

  #frames(messages: readonly string[]): Buffer[] {
    return messages.flatMap((message) => {
      const body = Buffer.from(message);
      return [header(this.#framing, body.length), body];
    });
  }

  /** Sends a message in the link's own serializer. */
  sendList(message: readonly unknown[]): void {
    const body = Buffer.from(this.#serializer.encode(fromList(message)));
    this.tally.messages += 1;
    this.tally.bytes += body.length;
    this.socket.write(Buffer.concat([header(this.#framing, body.length), body]));
  }

  /** Sends a request and waits for its answer. @returns undefined when there is none in time */
  async ask(type: number, rest: string): Promise<Head | undefined> {
    const request = this.newRequest();
    const answer = this.answerTo(request);
    this.send(`[${type},${request},${rest}]`);
    return answer;
  }

  /** @param patience seconds */
  answerTo(request: number, patience: number = this.#patience): Promise<Head | undefined> {
    if (this.#isOver) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const done = (answer: Head | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(request);
        resolve(answer);
      };
      const timer = setTimeout(done, patience * 1000, undefined);
      this.#waiting.set(request, done);
    });
  }

  /** Waits until the router has processed everything sent so far: it answers requests in order. */
  async settle(): Promise<void> {
    await this.ask(48, '{},"wamp.session.count"');
  }

  /** Waits until nearly everything written has left this process, at most as long as for an answer. */
  async drained(): Promise<void> {
    for (let waited = 0; waited < this.#patience && !this.#isOver && this.unsent > LOW_MARK; waited += 0.01) {
      await sleep(0.01);
    }
  }

  forgetIds(): void {
    this.subscriptions = [];
    this.registrations = [];
  }

  /** Closes the connection abruptly. */
  leave(): void {
    this.#leaves = true;
    this.#end('');
  }

  /** Leaves with GOODBYE. */
  async sayGoodbye(): Promise<void> {
    this.#leaves = true;
    this.send('[6,{},"wamp.close.close_realm"]');
    await this.drained();
    await sleep(0.05);
    this.#end('');
  }

  #hello({ port, from }: Place): Buffer {
    if (this.#framing === 'rawsocket') {
      const handshake = Buffer.from([0x7f, 0xf0 | this.#serializer.rawSocketId, 0, 0]);
      const family = from?.includes(':') === true ? 'TCP6' : 'TCP4';
      const target = family === 'TCP6' ? '::1' : '127.0.0.1';
      const proxied = from === undefined ? '' : `PROXY ${family} ${from} ${target} 40000 ${port}\r\n`;
      return Buffer.concat([Buffer.from(proxied), handshake]);
    }
    const subprotocol = this.speech === 'batched' ? 'wamp.2.json.batched' : 'wamp.2.json';
    const forwarded = from === undefined ? '' : `X-Forwarded-For: ${from}\r\n`;
    return Buffer.from(
      `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${forwarded}` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2llZ2Ugc2llZ2Ugc2llZw==\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
    );
  }

  #data(chunk: Buffer, place: Place): void {
    if (this.#greeted) this.#reader.push(chunk);
    else {
      this.#greeting = Buffer.concat([this.#greeting, chunk]);
      this.#readGreeting(place);
    }
  }

  #readGreeting({ realm, silent = false }: Place): void {
    const bytes = this.#greeting;
    const end = this.#framing === 'rawsocket' ? 4 : bytes.indexOf('\r\n\r\n') + 4;
    if (bytes.length < end || end < 4) return;
    const accepted =
      this.#framing === 'rawsocket'
        ? ((bytes[1] ?? 0) & 0xf) !== 0
        : bytes.toString('latin1', 9, 12) === '101';
    if (!accepted) {
      const refusal =
        this.#framing === 'rawsocket'
          ? `RawSocket error ${(bytes[1] ?? 0) >> 4}`
          : `HTTP ${bytes.toString('latin1', 9, 12)}`;
      this.#end(refusal);
      return;
    }
    this.#greeted = true;
    if (silent) {
      this.#joined();
      return;
    }
    const hello = [1, realm, { roles: ROLES }];
    if (this.#serializer === json) this.send(JSON.stringify(hello));
    else this.sendList(hello);
    if (bytes.length > end) this.#reader.push(bytes.subarray(end));
  }

  #received(bytes: Buffer, whole: boolean): void {
    if (this.#serializer !== json) this.#receivedBinary(bytes, whole);
    else if (this.speech !== 'batched') this.#hear(headOf(bytes), bytes);
    else if (whole)
      for (const message of splitBatch(bytes, json) ?? [])
        this.#hear(headOf(Buffer.from(message.buffer, message.byteOffset, message.byteLength)));
  }

  /** Of binary messages only the short ones are decoded: what ends a session, and WELCOME. */
  #receivedBinary(bytes: Buffer, whole: boolean): void {
    if (!whole || bytes.length > 4096) {
      this.events += 1;
      return;
    }
    const message = this.#serializer.decode(new Uint8Array(bytes)) as {
      readonly type: number;
      readonly reason?: string;
    };
    this.#hear({ type: message.type, second: undefined, third: undefined, uri: message.reason });
  }

  #hear(head: Head, bytes?: Buffer): void {
    const { type, second = 0, third = 0 } = head;
    if (type === EVENT) {
      this.events += 1;
      if (bytes !== undefined) this.heard?.(bytes);
    } else if (type === INVOCATION) this.invoked?.(second, third);
    else if (type === 8) {
      count(this.tally.errors, head.uri ?? 'unknown');
      this.#answered(third, head);
    } else if (ANSWERS.has(type)) {
      if (type === SUBSCRIBED && this.subscriptions.length < MOST_IDS) this.subscriptions.push(third);
      if (type === REGISTERED && this.registrations.length < MOST_IDS) this.registrations.push(third);
      this.#answered(second, head);
    } else if (type === WELCOME) this.#joined();
    else if (type === 3 || type === 6) this.#end(`${type === 3 ? 'ABORT' : 'GOODBYE'} ${head.uri ?? ''}`);
  }

  #answered(request: number, head: Head): void {
    this.answers += 1;
    this.#waiting.get(request)?.(head);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#leaves) {
      this.ended = reason;
      this.tally.ended += 1;
    }
    this.socket.destroy();
    this.#joined(reason === '' ? 'left' : reason);
    for (const resolve of [...this.#waiting.values()]) resolve(undefined);
  }
}
