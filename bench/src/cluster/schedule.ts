/** One schedule: sessions that call, publish, register and join, while faults happen; then everything must be in order. */
import { Random } from '../siege/random.ts';
import { sleep } from '../sleep.ts';
import { Actor } from './actor.ts';
import { Book } from './book.ts';
import { Examination } from './examination.ts';
import { planOf, type Fault } from './plan.ts';
import type { Stage } from './stage.ts';

export const SINGLES: readonly string[] = ['com.single.one', 'com.single.two'];
export const SHARED: readonly string[] = ['com.shared.one', 'com.shared.two'];
export const TOPICS: readonly string[] = ['com.news', 'com.nature'];
/** Of all topics. */
export const PREFIX = 'com.n';

/** How many sessions there are at the same time. */
const CROWD = 12;
/** The interval between two actions of the load (ms). */
const PACE = 4;
/** The minimum duration of the load, and its duration after the last fault (s). */
const LEAST = 2;
const AFTERWARDS = 0.3;
/** How long it may take until all nodes have recovered (s). */
const RECOVERY = 40;

export interface Outcome {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly book: Book;
  /** From the end of the last fault until all nodes are well, and from then until they agree (s). */
  readonly recovery: number | undefined;
  readonly agreement: number | undefined;
  readonly took: number;
}

export class Schedule {
  readonly seed: number;
  readonly book: Book = new Book();
  readonly stage: Stage;
  readonly actors: Actor[] = [];
  readonly witnesses: Actor[] = [];
  readonly #random: Random;
  #count = 0;

  constructor(stage: Stage, seed: number) {
    this.stage = stage;
    this.seed = seed;
    this.#random = new Random(seed * 7919 + 1);
  }

  async run(): Promise<Outcome> {
    const began = performance.now();
    const faults = planOf(new Random(this.seed));
    await this.stage.look();
    const crashes = this.#crashes();
    await this.#seatWitnesses();
    const load = { isOn: true };
    const loading = this.#load(load);
    await sleep(0.3);
    const looking = setInterval(() => void this.stage.look(), 250);
    await Promise.all([sleep(LEAST), ...faults.map((fault) => this.#inflict(fault))]);
    await sleep(AFTERWARDS);
    load.isOn = false;
    await loading;
    clearInterval(looking);
    const examination = new Examination(this);
    const recovery = await this.stage.recover(RECOVERY);
    if (typeof recovery === 'string') this.book.wrong('nodes that do not recover', recovery);
    const agreement = await examination.run();
    this.#judgeCrashes(crashes);
    return {
      seed: this.seed,
      faults,
      book: this.book,
      recovery: typeof recovery === 'number' ? recovery : undefined,
      agreement,
      took: (performance.now() - began) / 1000,
    };
  }

  async #inflict(fault: Fault): Promise<void> {
    await sleep(fault.at / 1000);
    await this.stage.inflict(fault);
  }

  /** One session of each node receives all on_join and on_leave. */
  async #seatWitnesses(): Promise<void> {
    for (const node of this.stage.nodes) {
      const witness = new Actor(`s${this.seed}witness-${node.name}`, node, this.book, this.#random);
      witness.isWitness = true;
      this.witnesses.push(witness);
    }
    await until(() => this.witnesses.every(({ isPresent }) => isPresent), 5);
    for (const witness of this.witnesses)
      for (const topic of ['wamp.session.on_join', 'wamp.session.on_leave']) await witness.subscribe(topic);
  }

  async #load(load: { readonly isOn: boolean }): Promise<void> {
    for (let index = 0; index < CROWD; index += 1) this.#join();
    while (load.isOn) {
      const present = this.actors.filter(({ isPresent }) => isPresent);
      if (present.length < CROWD && this.#random.chance(0.1)) this.#join();
      if (present.length > 0) this.#act(this.#random.pick(present));
      await sleep(PACE / 1000);
    }
  }

  #join(): void {
    this.#count += 1;
    const node = this.#random.pick(this.stage.nodes);
    this.actors.push(new Actor(`s${this.seed}${node.name}${this.#count}`, node, this.book, this.#random));
  }

  #act(actor: Actor): void {
    const random = this.#random;
    const what = random.between(0, 99);
    if (what < 30) actor.call(random.pick([...SINGLES, ...SHARED]));
    else if (what < 60) actor.publish(random.pick(TOPICS));
    else if (what < 68) actor.register(...procedureOf(random));
    else if (what < 71) {
      if (actor.registrations.size > 0) actor.unregister();
    } else if (what < 78) void this.#subscribe(actor);
    else if (what < 80) {
      if (actor.subscriptions.size > 0) actor.unsubscribe();
    } else if (what < 83) actor.cancel();
    else if (what < 85) actor.leave(random.chance(0.5));
  }

  #subscribe(actor: Actor): Promise<unknown> {
    if (this.#random.chance(0.25)) return actor.subscribe(PREFIX, 'prefix');
    return actor.subscribe(this.#random.pick(TOPICS));
  }

  #crashes(): number {
    return this.stage.nodes.reduce((sum, { child }) => sum + child.crashes, 0);
  }

  #judgeCrashes(before: number): void {
    const crashes = this.#crashes() - before;
    for (let crash = 0; crash < crashes; crash += 1) this.book.count('routers that could not start');
    for (const { child } of this.stage.nodes)
      for (const line of child.takeErrors())
        this.book.wrong('crashes and errors in logs', `${child.name}: ${line}`);
  }
}

function procedureOf(random: Random): [procedure: string, invoke: string] {
  if (random.chance(0.5)) return [random.pick(SINGLES), 'single'];
  return [random.pick(SHARED), random.chance(0.9) ? 'roundrobin' : 'random'];
}

/** Waits for a condition, for `patience` (s) at most. @returns whether it holds */
export async function until(condition: () => boolean | Promise<boolean>, patience: number): Promise<boolean> {
  const end = performance.now() + patience * 1000;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() > end) return false;
    await sleep(0.02);
  }
}
