/** The witness: honest clients that call and publish steadily, and record the outcome of each call and event. */
import { connect, webSocket, type Session } from '@wamp/client';
import { rawSocket } from '@wamp/client/rawsocket';
import { Histogram } from '../load/histogram.ts';
import { sleep } from '../sleep.ts';
import type { Place } from './link.ts';

/** Latencies in ms. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** The figures of the witness; passed between processes as JSON. */
export interface Testimony {
  readonly calls: Latency;
  readonly events: Latency;
  /** Calls by error. */
  readonly failedCalls: Readonly<Record<string, number>>;
  /** Calls without an answer at the end. */
  readonly unanswered: number;
  readonly published: number;
  readonly lostEvents: number;
  /** Events that arrived twice, or out of order. */
  readonly misplacedEvents: number;
  /** Sessions of the witness that ended, and why. */
  readonly endedSessions: readonly string[];
  /** How late the witness's own timer was, which other load on the machine causes (ms). */
  readonly ownDelay: Latency;
}

/** Calls and events a second, over all transports together. */
const RATE = 50;
/** How long the last answers may take (s). */
const PATIENCE = 30;

class Latencies {
  readonly #histogram = new Histogram();
  #max = 0;

  /** @param ms how long it took */
  record(ms: number): void {
    this.#histogram.record(ms * 1000);
    this.#max = Math.max(this.#max, ms);
  }

  get latency(): Latency {
    const quantile = (fraction: number): number =>
      Math.min(this.#max, this.#histogram.quantile(fraction) / 1000);
    return { count: this.#histogram.total, p50: quantile(0.5), p99: quantile(0.99), max: this.#max };
  }
}

/** One caller with a callee, and one publisher with a subscriber, over one transport. */
class Pair {
  readonly name: string;
  readonly sessions: Session[] = [];
  published = 0;
  received = 0;
  misplaced = 0;

  constructor(name: string) {
    this.name = name;
  }
}

export class Witness {
  readonly #calls = new Latencies();
  readonly #events = new Latencies();
  readonly #ownDelay = new Latencies();
  readonly #pairs: Pair[] = [];
  readonly #failed: Record<string, number> = {};
  readonly #ended: string[] = [];
  #open = 0;
  #over = false;
  #timer: NodeJS.Timeout | undefined;

  /** Joins: four sessions over WebSocket, and four over RawSocket. */
  static async join({ port, realm }: Place): Promise<Witness> {
    const witness = new Witness();
    const ways = [
      ['ws', `ws://127.0.0.1:${port}/ws`, webSocket()],
      ['rs', `rs://127.0.0.1:${port}`, rawSocket()],
    ] as const;
    for (const [name, url, transport] of ways) {
      const pair = new Pair(name);
      for (const role of ['caller', 'callee', 'publisher', 'subscriber']) {
        const session = await connect(url, { realm, transport });
        void session.closed.then((ending) =>
          witness.#sessionEnded(`${role} over ${name}: ${JSON.stringify(ending)}`),
        );
        pair.sessions.push(session);
      }
      await witness.#prepare(pair);
      witness.#pairs.push(pair);
    }
    return witness;
  }

  /** Calls and publishes until {@link finish}, evenly: every tick one call and one event, over each transport in turn. */
  begin(): void {
    const interval = 1000 / RATE;
    const started = performance.now();
    let ticks = 0;
    const tick = (): void => {
      const due = started + (ticks + 1) * interval;
      this.#ownDelay.record(Math.max(0, performance.now() - due));
      const pair = this.#pairs[ticks % this.#pairs.length];
      ticks += 1;
      if (pair !== undefined) {
        this.#call(pair);
        this.#publish(pair);
      }
      // After a delay of this process, overdue ticks are skipped, so that the rate does not rise.
      while (started + (ticks + 1) * interval < performance.now() - 1000) ticks += 1;
      this.#timer = setTimeout(tick, Math.max(0, started + (ticks + 1) * interval - performance.now()));
    };
    tick();
  }

  /** Stops; resolves when all messages in transit have arrived, or after 30 s. */
  async finish(): Promise<Testimony> {
    clearTimeout(this.#timer);
    const missing = (): number =>
      this.#pairs.reduce((sum, { published, received }) => sum + published - received, 0);
    for (
      let waited = 0;
      waited < PATIENCE && (this.#open > 0 || missing() > 0) && this.#ended.length === 0;
      waited += 0.1
    ) {
      await sleep(0.1);
    }
    this.#over = true;
    const testimony: Testimony = {
      calls: this.#calls.latency,
      events: this.#events.latency,
      failedCalls: { ...this.#failed },
      unanswered: this.#open,
      published: this.#pairs.reduce((sum, { published }) => sum + published, 0),
      lostEvents: Math.max(0, missing()),
      misplacedEvents: this.#pairs.reduce((sum, { misplaced }) => sum + misplaced, 0),
      endedSessions: [...this.#ended],
      ownDelay: this.#ownDelay.latency,
    };
    await Promise.race([
      Promise.all(this.#pairs.flatMap(({ sessions }) => sessions.map((each) => each.close()))),
      sleep(5),
    ]);
    return testimony;
  }

  #sessionEnded(what: string): void {
    if (!this.#over) this.#ended.push(what);
  }

  async #prepare(pair: Pair): Promise<void> {
    const [, callee, , subscriber] = pair.sessions;
    await callee?.register(`witness.echo.${pair.name}`, ([value]): unknown => value);
    let last = 0;
    await subscriber?.subscribe(`witness.news.${pair.name}`, ([number, sent]) => {
      this.#events.record(performance.now() - (sent as number));
      pair.received += 1;
      if (number !== last + 1) pair.misplaced += 1;
      last = number as number;
    });
  }

  #call(pair: Pair): void {
    const started = performance.now();
    this.#open += 1;
    const call = pair.sessions[0]?.call(`witness.echo.${pair.name}`, [started]);
    call?.then(
      (value: unknown) => {
        this.#open -= 1;
        this.#calls.record(performance.now() - started);
        if (value !== started) this.#fails('a wrong answer');
      },
      (error: unknown) => {
        this.#open -= 1;
        this.#fails(error instanceof Error ? error.message : String(error));
      },
    );
  }

  #fails(reason: string): void {
    this.#failed[reason] = (this.#failed[reason] ?? 0) + 1;
  }

  #publish(pair: Pair): void {
    pair.published += 1;
    const published = pair.sessions[2]?.publish(`witness.news.${pair.name}`, [
      pair.published,
      performance.now(),
    ]);
    published?.catch((error: unknown) => this.#fails(`publish: ${String(error)}`));
  }
}
