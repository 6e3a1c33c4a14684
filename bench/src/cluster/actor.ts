/** A session of the load without a client library, which records all its requests and their answers. */
import { WebSocket } from 'ws';
import type { Random } from '../siege/random.ts';
import type { Book } from './book.ts';
import type { RouterNode } from './nodes.ts';

type Answer = readonly unknown[];

interface Request {
  readonly kind: 'call' | 'register' | 'unregister' | 'subscribe' | 'unsubscribe' | 'publish' | 'join';
  /** The procedure, topic, or key of the call. */
  readonly what: string;
  readonly since: number;
  /** Called with the answer, for requests of the harness itself. */
  readonly answered?: ((answer: Answer) => void) | undefined;
}

/** The maximum time that a callee takes for an invocation (ms). */
const WORK = 150;
/** How long the harness waits for an answer (ms). */
const PATIENCE = 10_000;
const ROLES = {
  caller: { features: { call_canceling: true, progressive_call_results: true } },
  callee: { features: { call_canceling: true, progressive_call_results: true } },
  publisher: {},
  subscriber: {},
};

export class Actor {
  readonly name: string;
  readonly node: RouterNode;
  /** The epoch of the run of its node. */
  epoch: string | undefined;
  session = 0;
  isGone = false;
  /** How the session ended. */
  end = '';
  /** Requests without a final answer. */
  readonly open: Map<number, Request> = new Map();
  /** Procedures and topics by registration and subscription. */
  readonly registrations: Map<number, string> = new Map();
  readonly subscriptions: Map<number, string> = new Map();
  /** Whether it answers invocations. */
  readonly #socket: WebSocket;
  readonly #book: Book;
  readonly #random: Random;
  readonly #answered = new Set<number>();
  readonly #working = new Map<number, NodeJS.Timeout>();
  #request = 0;
  /** Events that are probes, by subscription and probe. */
  readonly probes: Map<string, number> = new Map();
  isWitness = false;

  constructor(name: string, node: RouterNode, book: Book, random: Random) {
    this.name = name;
    this.node = node;
    this.#book = book;
    this.#random = random;
    this.#socket = new WebSocket(node.url, 'wamp.2.json', { perMessageDeflate: false });
    this.open.set(0, { kind: 'join', what: node.name, since: performance.now() });
    this.#socket.on('open', () => {
      this.#send([1, 'realm1', { roles: ROLES }]);
    });
    this.#socket.on('message', (data: Buffer) => {
      if (!this.isGone) this.#hear(JSON.parse(data.toString()) as Answer);
    });
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      this.#over('connection closed', true);
    });
  }

  get isPresent(): boolean {
    return this.session !== 0 && !this.isGone;
  }

  register(procedure: string, invoke: string, answered?: (answer: Answer) => void): void {
    const options = invoke === 'single' ? {} : { invoke };
    this.#ask('register', procedure, (request) => [64, request, options, procedure], answered);
  }

  unregister(): void {
    const [registration, procedure] = this.#random.pick([...this.registrations]);
    this.registrations.delete(registration);
    this.#book.released(this, procedure, false);
    this.#ask('unregister', procedure, (request) => [66, request, registration]);
  }

  subscribe(topic: string, match: 'exact' | 'prefix' = 'exact'): Promise<Answer> {
    return this.#asking('subscribe', topic, (request) => [32, request, { match }, topic]);
  }

  unsubscribe(): void {
    const [subscription, topic] = this.#random.pick([...this.subscriptions]);
    this.subscriptions.delete(subscription);
    this.#ask(
      'unsubscribe',
      topic,
      (request) => [34, request, subscription],
      // An earlier SUBSCRIBE to the same topic may have been answered meanwhile.
      () => this.subscriptions.delete(subscription),
    );
  }

  /** @param filling for longer events */
  publish(topic: string, filling = ''): void {
    this.#request += 1;
    this.#send([16, this.#request, {}, topic, [this.name, this.#request, filling]]);
  }

  probe(topic: string, probe: string): Promise<Answer> {
    return this.#asking('publish', topic, (request) => [16, request, { acknowledge: true }, topic, [probe]]);
  }

  call(procedure: string): void {
    const options = this.#random.chance(0.2) ? { receive_progress: true } : {};
    const key = `${this.name}/${this.#request + 1}`;
    this.#ask('call', key, (request) => [48, request, options, procedure, [key]]);
  }

  /** Resolves with the first argument of the result; undefined for an error, or without an answer in time. */
  async ask(procedure: string, args: readonly unknown[]): Promise<unknown> {
    const answer = await this.#asking('call', procedure, (request) => [48, request, {}, procedure, args]);
    return answer[0] === 50 ? (answer[3] as unknown[] | undefined)?.[0] : undefined;
  }

  cancel(): void {
    const calls = [...this.open].filter(([, { kind }]) => kind === 'call');
    if (calls.length === 0) return;
    const [request] = this.#random.pick(calls);
    this.#send([49, request, { mode: this.#random.pick(['skip', 'kill', 'killnowait']) }]);
  }

  /** @param isAbrupt true to drop the connection instead of saying GOODBYE */
  leave(isAbrupt: boolean): void {
    if (isAbrupt) this.#socket.terminate();
    else this.#send([6, {}, 'wamp.close.close_realm']);
    this.#over('left', false);
    setTimeout(() => {
      this.#socket.terminate();
    }, 2000).unref();
  }

  /** Sends a request, and waits for its answer. @returns `[0]` when there is none in time */
  #asking(kind: Request['kind'], what: string, message: (request: number) => Answer): Promise<Answer> {
    return new Promise((resolve) => {
      const late = setTimeout(resolve, PATIENCE, [0]);
      this.#ask(kind, what, message, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  #ask(
    kind: Request['kind'],
    what: string,
    message: (request: number) => Answer,
    answered?: (answer: Answer) => void,
  ): void {
    this.#request += 1;
    this.open.set(this.#request, { kind, what, since: performance.now(), answered });
    this.#send(message(this.#request));
  }

  #send(message: Answer): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #over(how: string, isForced: boolean): void {
    if (this.isGone) return;
    this.isGone = true;
    this.end = how;
    for (const procedure of this.registrations.values()) this.#book.released(this, procedure, isForced);
    for (const timer of this.#working.values()) clearTimeout(timer);
    for (const { answered } of this.open.values()) answered?.([0]);
    this.open.clear();
  }

  #hear(message: Answer): void {
    const [type, first, second] = message as [number, number, number];
    if (type === 2) {
      this.session = first;
      this.open.delete(0);
      this.epoch = this.node.epoch;
    } else if (type === 3 || type === 6)
      this.#over(`${type === 3 ? 'ABORT' : 'GOODBYE'} ${String(second)}`, true);
    else if (type === 50) this.#result(message);
    else if (type === 8 && first !== 68) this.#concluded(second, message);
    else if (type === 33 || type === 65 || type === 67 || type === 35 || type === 17)
      this.#concluded(first, message);
    else if (type === 68) this.#invoked(message);
    else if (type === 69) this.#interrupted(first);
    else if (type === 36) this.#event(message);
  }

  #result(message: Answer): void {
    const [, request, details, args] = message as [number, number, { progress?: boolean }, [unknown]?];
    if (details.progress === true) {
      this.#book.count('progressive results');
      if (this.#answered.has(request))
        this.#book.wrong('second answers', `${this.name}/${request}: progress after the end`);
      return;
    }
    const call = this.open.get(request);
    if (call !== undefined && call.answered === undefined && args?.[0] !== call.what)
      this.#book.wrong('results of other calls', `${call.what}: ${JSON.stringify(message)}`);
    this.#concluded(request, message);
  }

  /** The final answer to a request. */
  #concluded(request: number, message: Answer): void {
    if (message[0] === 67 && request === 0) {
      this.#revoked(message);
      return;
    }
    const asked = this.open.get(request);
    if (this.#answered.has(request) || asked === undefined) {
      this.#book.wrong('second answers', `${this.name}/${request}: ${JSON.stringify(message)}`);
      return;
    }
    this.#answered.add(request);
    this.open.delete(request);
    const outcome = message[0] === 8 ? String(message[4]) : 'success';
    this.#book.count(`${asked.kind}: ${outcome}`);
    if (message[0] === 65) {
      this.registrations.set(Number(message[2]), asked.what);
      if (asked.what.includes('single')) this.#book.registered(this, asked.what);
    } else if (message[0] === 33) this.subscriptions.set(Number(message[2]), asked.what);
    asked.answered?.(message);
  }

  /** Called when the router has revoked a registration. */
  #revoked(message: Answer): void {
    const { registration } = message[2] as { registration: number };
    const procedure = this.registrations.get(registration);
    this.#book.count('registrations revoked');
    if (procedure === undefined) return;
    this.registrations.delete(registration);
    this.#book.released(this, procedure, true);
  }

  #invoked(message: Answer): void {
    const [, request, registration, details, args] = message as [
      number,
      number,
      number,
      { receive_progress?: boolean },
      [string]?,
    ];
    const [call = ''] = args ?? [];
    const procedure = this.registrations.get(registration) ?? '';
    if (call.startsWith('probe')) {
      this.#send([70, request, {}, [call]]);
      return;
    }
    this.#book.invoked(this, call, procedure, procedure.includes('single'));
    if (details.receive_progress === true) this.#send([70, request, { progress: true }, ['part']]);
    const work = setTimeout(
      () => {
        this.#working.delete(request);
        if (this.#random.chance(0.1)) this.#send([8, 68, request, {}, 'com.error.refused']);
        else this.#send([70, request, {}, [call]]);
      },
      this.#random.between(0, WORK),
    );
    this.#working.set(request, work);
  }

  #interrupted(request: number): void {
    const work = this.#working.get(request);
    if (work === undefined) return;
    clearTimeout(work);
    this.#working.delete(request);
    this.#send([8, 68, request, {}, 'wamp.error.canceled']);
  }

  #event(message: Answer): void {
    const [, subscription, , , args] = message as [number, number, number, unknown, unknown[]?];
    const [first, second] = args ?? [];
    const topic = this.subscriptions.get(subscription);
    if (typeof first === 'number') this.#book.met(this, first, 'leaves');
    else if (typeof first === 'object')
      this.#book.met(this, Number((first as { session: unknown }).session), 'joins');
    else if (typeof first === 'string' && first.startsWith('probe')) {
      const key = `${subscription} ${first}`;
      this.probes.set(key, (this.probes.get(key) ?? 0) + 1);
    } else if (topic !== undefined)
      this.#book.event(this, subscription, typeof first === 'string' ? first : '', Number(second));
  }
}
