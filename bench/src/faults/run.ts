/** Runs one schedule: four sessions work while connections and routers fail; every loss must have been reported. */
import { getEventListeners, setMaxListeners } from 'node:events';
import {
  createSession,
  json,
  webSocket,
  type Session,
  type SessionOptions,
  type Subscription,
} from '@wamp/client';
import { batchedWebSocket } from '@wamp/client/batched';
import { cbor } from '@wamp/client/cbor';
import { longPoll } from '@wamp/client/longpoll';
import { msgpack } from '@wamp/client/msgpack';
import { rawSocket } from '@wamp/client/rawsocket';
import { Random } from '../siege/random.ts';
import { sleep } from '../sleep.ts';
import { AGAIN, ECHO, LOG, PLAIN } from './agreed.ts';
import { CountingClock } from './counting-clock.ts';
import { faultsIn, type Heard } from './heard.ts';
import { Load } from './load.ts';
import { planOf, type Fault, type Step } from './plan.ts';
import { FaultProxy, reset, type Link } from './proxy.ts';
import { Target } from './target.ts';

/** The result of a schedule. */
export interface Outcome {
  readonly seed: number;
  readonly wrong: readonly string[];
  /** How often each outcome of a request was seen. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  readonly connections: number;
  readonly events: number;
  readonly recovered: number;
  readonly gaps: number;
}

const KINDS: readonly {
  readonly scheme: string;
  readonly path: string;
  readonly options: Pick<SessionOptions, 'transport' | 'serializers'>;
}[] = [
  { scheme: 'ws', path: '/ws', options: { transport: webSocket(), serializers: [json] } },
  { scheme: 'ws', path: '/ws', options: { transport: webSocket(), serializers: [msgpack] } },
  { scheme: 'ws', path: '/ws', options: { transport: batchedWebSocket(), serializers: [json] } },
  { scheme: 'rs', path: '', options: { transport: rawSocket(), serializers: [cbor] } },
  { scheme: 'http', path: '/lp', options: { transport: longPoll(), serializers: [json] } },
];

const ATTEMPTS = 50;
/** The interval of pings, so that half-open connections are noticed soon (ms). */
const PING = 300;

/** @param patience the time in which a session has to recover (s) */
async function run(seed: number, target: Target, patience: number): Promise<Outcome> {
  const schedule = new Schedule(seed, target, await FaultProxy.start(() => target.port), patience);
  return schedule.run();
}

/**
 * Runs schedules, several at a time, each with its own router.
 * @param done called with each outcome
 * @param program the router: its source by default
 */
export async function runAll(
  seeds: readonly number[],
  parallel: number,
  patience: number,
  done: (outcome: Outcome) => void,
  program?: string,
): Promise<void> {
  const left = [...seeds];
  const lane = async (): Promise<void> => {
    const target = await Target.start(PING, program);
    for (let seed = left.shift(); seed !== undefined; seed = left.shift())
      done(await run(seed, target, patience));
    await target.close();
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}

/** A subscriber, and everything that it received. */
interface Listener {
  readonly topic: string;
  readonly heard: Heard[];
  subscription?: Subscription<unknown[]>;
}

class Schedule {
  readonly #seed: number;
  readonly #patience: number;
  readonly #target: Target;
  readonly #proxy: FaultProxy;
  readonly #random: Random;
  readonly #clock = new CountingClock();
  readonly #signal = new AbortController().signal;
  readonly #sessions: readonly Session[];
  readonly #load: Load;
  readonly #listeners: readonly Listener[] = [LOG, PLAIN, AGAIN].map((topic) => ({ topic, heard: [] }));
  /** The events that a loop over the topic with a log has received. */
  readonly #iterated: Heard[] = [];
  #losses = 0;
  /** How often the subscriber has lost its connection, and how often it has recovered. */
  readonly #told = { lost: 0, restored: 0 };
  #recovered = 0;
  #gaps = 0;

  constructor(seed: number, target: Target, proxy: FaultProxy, patience: number) {
    this.#patience = patience;
    this.#seed = seed;
    this.#target = target;
    this.#proxy = proxy;
    setMaxListeners(0, this.#signal);
    this.#random = new Random(seed ^ 0x5eed);
    this.#sessions = Array.from({ length: 4 }, () => this.#session());
    const [, caller, publisher] = this.#sessions as [Session, Session, Session, Session];
    this.#load = new Load(this.#random, caller, publisher, this.#signal);
  }

  async run(): Promise<Outcome> {
    const [service, , , subscriber] = this.#sessions as [Session, Session, Session, Session];
    const { wrong } = this.#load;
    const { steps } = planOf(this.#seed);
    const registrations = await this.#load.serve(service);
    await this.#listen(subscriber);
    for (const step of steps) await this.#take(step);
    this.#proxy.heal();
    await this.#until(
      'hung',
      () => this.#load.pending.size === 0,
      () => [...this.#load.pending].join(', '),
    );
    const handles = [...registrations, ...this.#listeners.flatMap(({ subscription }) => subscription ?? [])];
    await this.#until('handlers lost', () => handles.every(({ state }) => state === 'active'));
    await this.#serves();
    await this.#hears();
    this.#judge();
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#until(
      'timers left',
      () => this.#clock.pending === 0,
      () => String(this.#clock.pending),
    );
    await this.#until(
      'connections left',
      () => this.#proxy.links.length === 0,
      () => this.#proxy.links.join(', '),
    );
    const listening = getEventListeners(this.#signal, 'abort').length;
    if (listening > 0) wrong.push(`listeners left: ${listening}`);
    await this.#proxy.close();
    return this.#outcome(steps);
  }

  #outcome(steps: readonly Step[]): Outcome {
    return {
      seed: this.#seed,
      wrong: this.#load.wrong,
      outcomes: this.#load.outcomes,
      faults: steps.map(({ fault }) => fault.kind),
      connections: this.#proxy.accepted,
      events: this.#listeners.flatMap(({ heard }) => heard).filter((item) => typeof item === 'number').length,
      recovered: this.#recovered,
      gaps: this.#gaps,
    };
  }

  #session(): Session {
    const { scheme, path, options } = this.#random.pick(KINDS);
    const session = createSession(`${scheme}://127.0.0.1:${this.#proxy.port}${path}`, {
      realm: 'realm1',
      clock: this.#clock,
      reconnect: { min: 5, max: 60, resetAfter: 200 },
      keepAlive: { idle: 250, timeout: 250 },
      connectTimeout: 1_500,
      logger: {
        error: (message, error) => this.#load.wrong.push(`logged: ${message} ${error.message}`),
        warn: () => undefined,
      },
      ...options,
    });
    session.on('lost', () => {
      this.#losses += 1;
    });
    return session;
  }

  async #listen(session: Session): Promise<void> {
    session.on('lost', () => this.#tell('lost'));
    session.on('restored', ({ recovered, failed }) => {
      this.#tell('restored');
      this.#recovered += recovered;
      for (const error of failed) this.#load.wrong.push(`handlers lost: ${String(error)}`);
    });
    for (const listener of this.#listeners) {
      const { topic, heard } = listener;
      listener.subscription = await session.subscribe(topic, ([n]) => heard.push(n as number));
      listener.subscription.on('gap', () => {
        this.#gaps += 1;
        heard.push('gap');
      });
    }
    const iterated = await session.subscribe(LOG);
    iterated.on('gap', () => this.#iterated.push('gap'));
    void this.#iterate(iterated);
  }

  async #iterate(events: Subscription<unknown[]>): Promise<void> {
    for await (const { args } of events) this.#iterated.push(args[0] as number);
  }

  #tell(what: 'lost' | 'restored'): void {
    if (what === 'restored') this.#told.restored = this.#told.lost;
    else this.#told.lost += 1;
    for (const { heard } of this.#listeners) heard.push(what);
  }

  /** Runs one fault, with the requests around it. */
  async #take({ before, turns, fault, share, during }: Step): Promise<void> {
    const victims = this.#proxy.links.filter(() => this.#random.chance(share));
    this.#load.begin(before);
    for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const pouring = this.#pour(during);
    await this.#fail(fault, victims);
    await pouring;
  }

  /** Makes requests one by one. */
  async #pour(count: number): Promise<void> {
    for (let request = 0; request < count; request += 1) {
      this.#load.begin(1);
      await sleep(this.#random.between(0, 20) / 1_000);
    }
  }

  async #fail(fault: Fault, victims: readonly Link[]): Promise<void> {
    const [target, proxy] = [this.#target, this.#proxy];
    switch (fault.kind) {
      case 'kill -9':
        await target.kill();
        await sleep(this.#random.between(0, 50) / 1_000);
        return target.replace();
      case 'restart':
        await target.stop();
        return target.replace();
      case 'freeze':
        target.freeze();
        await this.#lasts(fault.ms);
        target.thaw();
        return;
      case 'silence':
        for (const link of victims) link.change(fault.direction, { isSilent: true });
        await this.#lasts(fault.ms);
        for (const link of victims) link.change('both', { isSilent: false });
        return;
      case 'cut':
        proxy.refusals = fault.refusals;
        for (const link of victims) link.cut();
        return;
      case 'half-open':
        proxy.linger = fault.linger;
        for (const link of victims) reset(link.client);
        return;
      case 'reorder':
        proxy.reorder(victims.length);
        for (const link of victims) link.cut();
        return;
      case 'split':
      case 'delay':
      case 'throttle': {
        const { kind: _kind, ...weather } = fault;
        for (const link of victims) link.change('both', weather);
      }
    }
  }

  /** Waits for `ms`, or until a session has noticed that its connection is lost. */
  async #lasts(ms: number | undefined): Promise<void> {
    const before = this.#losses;
    for (
      let waited = 0;
      ms === undefined ? this.#losses === before && waited < 2_000 : waited < ms;
      waited += 5
    )
      await sleep(0.005);
  }

  /** Checks that all procedures can be called, and repeats calls whose connection is lost. */
  async #serves(): Promise<void> {
    const [, caller] = this.#sessions as [Session, Session];
    for (let attempt = 1; ; attempt += 1) {
      try {
        await caller.call(ECHO, [0], { idempotent: true });
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) {
          this.#load.wrong.push(`handlers lost: ${String(error)}`);
          return;
        }
        await sleep(0.1);
      }
    }
  }

  /** Checks that all subscriptions receive events, and repeats publications whose connection is lost. */
  async #hears(): Promise<void> {
    let losses: number;
    do {
      losses = this.#losses;
      for (const topic of [LOG, PLAIN]) this.#load.publish(topic, true);
      await this.#until('events lost', () => this.#isAllHeard() || this.#losses > losses);
      await this.#until('hung', () => this.#load.pending.size === 0);
    } while (this.#losses > losses);
  }

  #isAllHeard(): boolean {
    if (this.#load.pending.size > 0) return false;
    const lists = [...this.#listeners, { topic: LOG, heard: this.#iterated }];
    // Gaps are reported before the restoration ends.
    const isRestored = this.#told.lost === this.#told.restored;
    return (
      isRestored &&
      lists.every(({ topic, heard }) => {
        const last = this.#load.confirmed.get(topic)?.at(-1);
        return last === undefined || topic === AGAIN || heard.includes(last);
      })
    );
  }

  #judge(): void {
    const { wrong, served, confirmed } = this.#load;
    for (const [n, times] of served)
      if (n > 0 && times > 1) wrong.push(`sent twice: call ${n}, ${times} times`);
    const inOrder = this.#listeners.filter(({ topic }) => topic !== AGAIN);
    const gapless = !this.#iterated.includes('gap');
    for (const { topic, heard } of [...inOrder, { topic: 'iterated', heard: this.#iterated }]) {
      const published = topic === 'iterated' ? (gapless ? confirmed.get(LOG) : []) : confirmed.get(topic);
      const { lost, twice, disorder } = faultsIn(heard, published ?? []);
      const told = (): string => (wrong.length < 20 ? ` of ${heard.join(' ')}` : '');
      if (lost.length > 0) wrong.push(`events lost: ${topic} ${lost.join(' ')}${told()}`);
      if (twice.length > 0) wrong.push(`duplicates: ${topic} ${twice.join(' ')}${told()}`);
      if (disorder.length > 0) wrong.push(`disorder: ${topic} ${disorder.join(' ')}${told()}`);
    }
  }

  async #until(what: string, isSo: () => boolean, more: () => string = () => ''): Promise<void> {
    for (let waited = 0; !isSo(); waited += 0.005) {
      if (waited > this.#patience) {
        this.#load.wrong.push(`${what}: ${more()}`);
        return;
      }
      await sleep(0.005);
    }
  }
}
