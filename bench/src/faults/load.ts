/** The load during faults: calls, streams and publications of four sessions, each with its permitted outcomes. */
import { ConnectionLostError, WampError, type Session } from '@wamp/client';
import type { Random } from '../siege/random.ts';
import { AGAIN, COUNT, ECHO, LOG, PLAIN } from './agreed.ts';

/** URIs of errors that faults may cause: the callee is not connected, or was lost while it worked. */
const EXPECTED = ['wamp.error.no_such_procedure', 'wamp.error.canceled', 'wamp.error.unavailable'];

export class Load {
  /** How often each outcome was seen. */
  readonly outcomes: Map<string, number> = new Map();
  /** The faults that were found. */
  readonly wrong: string[] = [];
  /** Requests that are not settled. */
  readonly pending: Set<string> = new Set();
  /** How often each non-idempotent call was served. */
  readonly served: Map<number, number> = new Map();
  /** Numbers of publications that the router has confirmed, by topic. */
  readonly confirmed: Map<string, number[]> = new Map();
  /** The signal of all requests, on which no listener may remain. */
  readonly signal: AbortSignal;
  readonly #random: Random;
  readonly #caller: Session;
  readonly #publisher: Session;
  #last = 0;

  constructor(random: Random, caller: Session, publisher: Session, signal: AbortSignal) {
    this.#random = random;
    this.#caller = caller;
    this.#publisher = publisher;
    this.signal = signal;
  }

  /** Offers the procedures. */
  async serve(service: Session): Promise<readonly { readonly state: string }[]> {
    return Promise.all([
      service.register(ECHO, ([n]: [number]) => {
        this.served.set(n, (this.served.get(n) ?? 0) + 1);
        return n;
      }),
      service.register(COUNT, async function* ([n, to]: [number, number]) {
        for (let at = 0; at < to; at += 1) {
          yield at;
          await Promise.resolve();
        }
        return n;
      }),
    ]);
  }

  /** Begins `count` requests. */
  begin(count: number): void {
    for (let request = 0; request < count; request += 1) {
      const roll = this.#random.next();
      if (roll < 0.35) this.#call(false);
      else if (roll < 0.45) this.#call(true);
      else if (roll < 0.55) this.#stream();
      else if (roll < 0.8) this.publish(LOG, this.#random.chance(0.8));
      else if (roll < 0.9) this.publish(PLAIN, this.#random.chance(0.8));
      else if (roll < 0.95) this.publish(AGAIN, true, true);
      else this.#churn();
    }
  }

  publish(topic: string, acknowledge: boolean, idempotent = false): void {
    const n = (this.#last += 1);
    const options = { acknowledge, idempotent, signal: this.signal };
    const published = this.#publisher.publish(topic, [n], options).then(() => {
      if (acknowledge) this.confirmed.set(topic, [...(this.confirmed.get(topic) ?? []), n]);
    });
    this.#watch(`publish ${topic}`, n, published);
  }

  #call(idempotent: boolean): void {
    const n = idempotent ? -(this.#last += 1) : (this.#last += 1);
    const call = this.#caller.call(ECHO, [n], { idempotent, signal: this.signal });
    this.#watch(idempotent ? 'call, idempotent' : 'call', n, this.#same(n, call));
  }

  async #same(n: number, answer: PromiseLike<unknown>): Promise<void> {
    const value = await answer;
    if (value !== n) this.wrong.push(`wrong answer: call ${n} was answered ${String(value)}`);
  }

  #stream(): void {
    const n = (this.#last += 1);
    const to = this.#random.between(0, 5);
    this.#watch('stream', n, this.#read(n, to));
  }

  async #read(n: number, to: number): Promise<void> {
    const stream = this.#caller.stream(COUNT, [n, to], { signal: this.signal });
    let next = 0;
    for await (const value of stream) {
      if (value !== next) this.wrong.push(`wrong answer: progress ${String(value)} of ${n}, not ${next}`);
      next += 1;
    }
    await this.#same(n, stream.result);
    if (next !== to) this.wrong.push(`wrong answer: ${next} pieces of progress of ${n}, not ${to}`);
  }

  /** Subscribes and unsubscribes. */
  #churn(): void {
    const n = (this.#last += 1);
    const comeAndGo = async (): Promise<void> => {
      const subscription = await this.#caller.subscribe(`faults.churn.${n}`, () => undefined);
      await subscription.unsubscribe();
    };
    this.#watch('subscribe', n, comeAndGo());
  }

  #watch(what: string, n: number, settled: Promise<void>): void {
    const name = `${what} ${n}`;
    this.pending.add(name);
    const done = (outcome: string): void => {
      if (!this.pending.delete(name)) this.wrong.push(`answered twice: ${name}`);
      const key = `${what}: ${outcome}`;
      this.outcomes.set(key, (this.outcomes.get(key) ?? 0) + 1);
    };
    settled.then(
      () => done('done'),
      (error: unknown) => {
        if (error instanceof ConnectionLostError && error.sent) done('lost, sent');
        else if (WampError.is(error) && EXPECTED.includes(error.uri)) done(error.uri);
        else {
          done('wrong');
          this.wrong.push(`wrong error: ${name}: ${String(error)}`);
        }
      },
    );
  }
}
