/** Steady calls and events between sessions whose connections are cut; checks that every event arrives. */
import type { Session } from '@wamp/client';
import { ConnectionLostError } from '@wamp/client';
import { ECHO, LOG } from '../faults/agreed.ts';

/** The number of checks within which a confirmed event has to arrive. */
const PATIENCE = 10;

export class Traffic {
  calls = 0;
  events = 0;
  /** Calls that rejected because their connection was lost. */
  lost = 0;
  gaps = 0;
  /** The faults that were found. */
  readonly wrong: string[] = [];
  readonly #session: Session;
  #calling = 0;
  #last = 0;
  #heard = 0;
  /** Confirmed events that have not arrived, with the number of the check at which they were confirmed. */
  readonly #due = new Map<number, number>();
  #looks = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Registers and subscribes. */
  async begin(): Promise<void> {
    await this.#session.register(ECHO, ([n]: [number]) => n);
    const subscription = await this.#session.subscribe(LOG, ([n]) => {
      this.#hear(Number(n));
    });
    subscription.on('gap', () => {
      this.gaps += 1;
      this.#due.clear();
    });
  }

  /** One call and one event. */
  step(): void {
    const n = (this.#calling += 1);
    void this.#call(n);
    void this.#publish();
  }

  /** Finds events that are late. */
  look(): void {
    this.#looks += 1;
    for (const [n, look] of this.#due) {
      if (this.#looks - look < PATIENCE) break;
      this.#due.delete(n);
      this.#note(`event ${n} did not arrive`);
    }
  }

  async #call(n: number): Promise<void> {
    try {
      const value = await this.#session.call(ECHO, [n]);
      if (value !== n) this.#note(`call ${n} was answered ${String(value)}`);
      this.calls += 1;
    } catch (error) {
      this.#failed(error);
    }
  }

  async #publish(): Promise<void> {
    const n = (this.#last += 1);
    try {
      await this.#session.publish(LOG, [n], { acknowledge: true, excludeMe: false });
      if (this.#heard < n) this.#due.set(n, this.#looks);
    } catch (error) {
      this.#failed(error);
    }
  }

  #hear(n: number): void {
    if (n <= this.#heard) this.#note(`event ${n} came after ${this.#heard}`);
    this.#heard = Math.max(n, this.#heard);
    this.#due.delete(n);
    this.events += 1;
  }

  #failed(error: unknown): void {
    if (error instanceof ConnectionLostError && error.sent) this.lost += 1;
    else this.#note(String(error));
  }

  /** Notes the first faults only, so that repeated ones do not fill the memory that is measured. */
  #note(what: string): void {
    if (this.wrong.length < 20) this.wrong.push(what);
  }
}
