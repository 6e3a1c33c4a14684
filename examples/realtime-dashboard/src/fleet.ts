/** A fleet of machines: each publishes its figures while somebody looks, and gives a report to whoever asks. */
import { connect, type Session } from '@wamp/client';
import { watchSubscribers } from './watched.ts';

/** What a machine tells in one publication. */
export interface Figures {
  /** Percent. */
  readonly cpu: number;
  /** Percent. */
  readonly memory: number;
  /** Per second. */
  readonly requests: number;
}

/** A machine that is made up: its figures go up and down. */
class Machine {
  readonly session: Session;
  readonly #name: string;
  readonly #random: () => number;
  #cpu = 40;
  #memory = 50;

  constructor(session: Session, name: string, random: () => number) {
    this.session = session;
    this.#name = name;
    this.#random = random;
  }

  async serve(): Promise<void> {
    await this.session.register(`fleet.${this.#name}.report`, async function* ([lines]: [number]) {
      for (let line = 1; line <= lines; line += 1) yield `process ${line}: ${100 - line * 7} MiB`;
      return await Promise.resolve(`${lines} processes`);
    });
  }

  /** What is not sent at once is worthless: the next figures follow soon. */
  async publish(): Promise<void> {
    this.#cpu = this.#walk(this.#cpu);
    this.#memory = this.#walk(this.#memory);
    const figures: Figures = { cpu: this.#cpu, memory: this.#memory, requests: Math.round(this.#cpu * 12) };
    await this.session.publish(`fleet.figures.${this.#name}`, { ...figures }, { offline: 'drop' });
  }

  #walk(from: number): number {
    return Math.round(Math.min(99, Math.max(1, from + (this.#random() - 0.5) * 16)));
  }
}

export class Fleet implements AsyncDisposable {
  /** Whether somebody looks. */
  isWatched = false;
  /** How often figures were published. */
  published = 0;
  readonly #machines: readonly Machine[];
  #timer: NodeJS.Timeout | undefined;

  private constructor(machines: readonly Machine[]) {
    this.#machines = machines;
  }

  /** Starts machines `m01`, `m02` … @param random uniform in [0, 1) */
  static async open(url: string, size: number, random: () => number = Math.random): Promise<Fleet> {
    const names = Array.from({ length: size }, (_, index) => `m${String(index + 1).padStart(2, '0')}`);
    const starting = names.map(
      async (name) => new Machine(await connect(url, { realm: 'fleet' }), name, random),
    );
    const machines = await Promise.all(starting);
    await Promise.all(machines.map((machine) => machine.serve()));
    const fleet = new Fleet(machines);
    const [first] = machines;
    if (first !== undefined) {
      await watchSubscribers(first.session, 'fleet.figures.', (isWatched) => {
        fleet.isWatched = isWatched;
      });
    }
    return fleet;
  }

  start(): void {
    this.#timer = setInterval(() => void this.tick(), 500);
  }

  /** All machines publish, when somebody looks. */
  async tick(): Promise<void> {
    if (!this.isWatched) return;
    this.published += this.#machines.length;
    await Promise.all(this.#machines.map((machine) => machine.publish()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#machines.map(({ session }) => session.close()));
  }
}
