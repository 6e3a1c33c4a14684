/** The load: pairs of sessions, of which one publishes numbers and the other one checks that none is missing. */
import { connect, webSocket, type Session } from '@wamp/client';

/** The interval between two rounds of publications (ms). */
const ROUND = 50;

/** The counts so far. */
export interface Counts {
  readonly sent: number;
  readonly received: number;
  /** Events that arrived in another order than they were published in. */
  readonly disorder: number;
  readonly sessionsLost: number;
}

export class Load {
  readonly #sessions: Session[] = [];
  readonly #publishers: Session[] = [];
  /** The numbers of events that each publisher has sent. */
  readonly #sent: number[] = [];
  #received = 0;
  #disorder = 0;
  #sessionsLost = 0;
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #began = 0;
  #total = 0;
  #isOver = false;

  /** Connects sessions, an even number; those of `encrypted` use the second URL. */
  async join(
    count: number,
    url: string,
    encrypted: { count: number; url: string; ca: string },
  ): Promise<void> {
    for (let from = 0; from < count; from += 50) {
      const wave = Array.from({ length: Math.min(50, count - from) }, (_, index) => {
        const isEncrypted = from + index < encrypted.count;
        return isEncrypted
          ? connect(encrypted.url, {
              realm: 'realm1',
              reconnect: false,
              transport: webSocket({ tls: { ca: encrypted.ca } }),
            })
          : connect(url, { realm: 'realm1', reconnect: false });
      });
      for (const session of await Promise.all(wave)) this.#add(session);
    }
    for (let index = 0; index + 1 < count; index += 2) await this.#pair(index);
  }

  /** A session that takes part in the load. */
  get witness(): Session {
    const [first] = this.#sessions;
    if (first === undefined) throw new Error('no session has joined');
    return first;
  }

  /** Publishes so many events per second until {@link end}. */
  begin(rate: number): void {
    this.#began = performance.now();
    this.#timer = setInterval(() => {
      // Sends overdue rounds, too, so that the average rate is kept.
      const due = ((performance.now() - this.#began) / 1000) * rate;
      while (this.#total < due) this.#publish();
    }, ROUND);
  }

  /** Stops publishing; resolves when all events have arrived, or none has arrived for 5 s. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    for (let quiet = 0; quiet < 50 && this.#received < this.#total; quiet += 1) {
      const before = this.#received;
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (this.#received > before) quiet = 0;
    }
    this.#isOver = true;
    await Promise.all(this.#sessions.map((session) => session.close()));
  }

  get counts(): Counts {
    return {
      sent: this.#total,
      received: this.#received,
      disorder: this.#disorder,
      sessionsLost: this.#sessionsLost,
    };
  }

  #add(session: Session): void {
    this.#sessions.push(session);
    void session.closed.then(() => {
      if (!this.#isOver) this.#sessionsLost += 1;
    });
  }

  async #pair(index: number): Promise<void> {
    const [publisher, subscriber] = this.#sessions.slice(index, index + 2);
    if (publisher === undefined || subscriber === undefined) return;
    let last = 0;
    await subscriber.subscribe(topicOf(index / 2), ([number]) => {
      this.#received += 1;
      if (number !== last + 1) this.#disorder += 1;
      last = Number(number);
    });
    this.#publishers.push(publisher);
    this.#sent.push(0);
  }

  #publish(): void {
    const index = this.#next % this.#publishers.length;
    this.#next += 1;
    const number = (this.#sent[index] ?? 0) + 1;
    this.#sent[index] = number;
    this.#total += 1;
    void this.#publishers[index]?.publish(topicOf(index), [number]);
  }
}

function topicOf(index: number): string {
  return `com.example.load.t${index}`;
}
