/** One random sequence of publications at three nodes, and of subscribers that move between them, beside a list of what they should get. */
import { defaultFeatures } from '@wamp/router';
import type { Client } from '../support/client.ts';
import { ClusterStage } from '../support/cluster-stage.ts';
import { Follower } from '../support/follower.ts';
import { Dice } from './cluster-play.ts';

const TOPIC = 'com.log';
const NAMES = ['a', 'b', 'c'];

/** A subscriber that moves, and what must have reached it at the end unless it is told of a gap. */
interface Mover {
  readonly follower: Follower;
  due: Set<number>;
  gaps: number;
}

/** A publisher and a subscriber that stay at one node for as long as it runs. */
interface Resident {
  readonly client: Client;
  readonly heard: Set<number>;
  isLost: boolean;
}

export class MovesPlay {
  readonly faults: string[] = [];
  recovered = 0;
  gaps = 0;
  readonly #dice: Dice;
  readonly #stage: ClusterStage;
  readonly #movers: Mover[] = [];
  readonly #residents = new Map<string, Resident>();
  readonly #past: Resident[] = [];
  /** The publisher of each event. */
  readonly #publishers: Resident[] = [];
  readonly #isCalm: boolean;
  #cut: string | undefined;

  /** @param isCalm true when no node dies and no link is cut for long */
  constructor(seed: number, isCalm: boolean) {
    this.#dice = new Dice(seed);
    this.#isCalm = isCalm;
    const depth = this.#dice.pick([5, 40, 400]) ?? 5;
    this.#stage = new ClusterStage({ features: defaultFeatures({ history: [{ topic: TOPIC, depth }] }) });
    this.#stage.network.delay = () => this.#dice.roll(8);
  }

  async run(steps: number): Promise<void> {
    for (const name of NAMES) await this.#open(name);
    for (let count = 0; count < 2; count += 1) {
      const follower = new Follower(this.#stage, TOPIC, 'exact', 1 + this.#dice.roll(4));
      await follower.come(this.#anyNode());
      this.#movers.push({ follower, due: new Set(), gaps: 0 });
    }
    for (let step = 0; step < steps; step += 1) {
      await this.#step();
      this.#listen();
    }
    await this.#finish();
  }

  async #step(): Promise<void> {
    const what = this.#dice.roll(this.#isCalm ? 22 : 25);
    const mover = this.#dice.pick(this.#movers);
    if (what < 10) this.#publish();
    else if (what < 14 && mover?.follower.isThere === true) mover.follower.leave();
    else if (what < 18 && mover?.follower.isThere === false) await mover.follower.start(this.#anyNode());
    else if (what < 20) await this.#stage.pass(1 + this.#dice.roll(30));
    else if (what < 21) await this.#lose();
    else if (what < 22) this.#stage.network.delay = () => this.#dice.roll(this.#dice.roll(3) === 0 ? 60 : 6);
    else if (what === 22) await this.#kill();
    else if (what === 23) await this.#isolate();
    else await this.#restart();
    if (this.#dice.roll(2) === 0) await this.#stage.pass(1 + this.#dice.roll(4));
    else await this.#stage.settle();
  }

  #anyNode(): string {
    const names = [...this.#stage.nodes.keys()].filter((name) => name !== this.#cut);
    return this.#dice.pick(names) ?? 'a';
  }

  #publish(): void {
    const resident = this.#residents.get(this.#dice.pick([...this.#residents.keys()]) ?? '');
    if (resident === undefined) return;
    for (let count = 1 + this.#dice.roll(3); count > 0; count -= 1) this.#say(resident);
  }

  #say(resident: Resident): void {
    const number = this.#publishers.push(resident);
    resident.client.send([16, number, { exclude_me: false }, TOPIC, [number]]);
    for (const { due } of this.#movers) due.add(number);
  }

  #listen(): void {
    for (const resident of this.#residents.values()) {
      for (const [type, , , , args] of resident.client.heard.splice(0))
        if (type === 36) resident.heard.add((args as readonly number[])[0] ?? 0);
    }
    for (const mover of this.#movers) {
      const { follower } = mover;
      follower.listen();
      if (follower.isClosed) follower.leave();
      if (follower.gaps > mover.gaps) mover.due.clear();
      mover.gaps = follower.gaps;
    }
  }

  async #open(name: string): Promise<void> {
    await this.#stage.start(name);
    await this.#settleIn(name);
  }

  async #settleIn(name: string): Promise<void> {
    const client = await this.#stage.join(name);
    client.send([32, 1, {}, TOPIC]);
    await this.#stage.pass(30);
    this.#residents.set(name, { client, heard: new Set(), isLost: false });
  }

  #moveOut(name: string, isLost: boolean): void {
    this.#listen();
    const resident = this.#residents.get(name);
    if (resident === undefined) return;
    resident.isLost = isLost;
    this.#residents.delete(name);
    this.#past.push(resident);
    for (const { follower } of this.#movers) if (follower.node === name && follower.isThere) follower.leave();
    this.#listen();
  }

  /** Messages are lost for a while, and sent again. */
  async #lose(): Promise<void> {
    this.#stage.network.loses = () => this.#dice.roll(4) === 0;
    await this.#stage.pass(this.#dice.roll(200));
    this.#stage.network.loses = () => false;
  }

  async #kill(): Promise<void> {
    if (this.#stage.nodes.size < 2) return;
    const name = this.#anyNode();
    this.#moveOut(name, true);
    this.#stage.kill(name);
    if (this.#dice.roll(2) === 0) await this.#stage.pass(9000);
  }

  /** A node is cut off, and declared dead if that lasts. */
  async #isolate(): Promise<void> {
    if (this.#stage.nodes.size < 3) return;
    const name = this.#anyNode();
    this.#cut = name;
    this.#stage.node(name).engine.cut(true);
    const resident = this.#residents.get(name);
    if (resident !== undefined) this.#say(resident);
    await this.#stage.pass(this.#dice.pick([100, 3000, 9000]) ?? 100);
    if (resident !== undefined) this.#say(resident);
    this.#publish();
    await this.#stage.settle();
    this.#listen();
    this.#stage.node(name).engine.cut(false);
    this.#cut = undefined;
    await this.#stage.pass(9000);
    this.#listen();
    if (resident?.client.closed !== true) return;
    this.#moveOut(name, false);
    await this.#settleIn(name);
  }

  /** A node is shut down in order, or one that is missing starts. */
  async #restart(): Promise<void> {
    const missing = NAMES.find((name) => !this.#stage.nodes.has(name));
    if (missing !== undefined) {
      await this.#stage.pass(9000);
      await this.#open(missing);
      return;
    }
    const name = this.#anyNode();
    await this.#stage.settle();
    this.#moveOut(name, false);
    const closing = { isOver: false };
    void this.#stage
      .node(name)
      .router.close()
      .then(() => {
        closing.isOver = true;
      });
    for (let tries = 0; !closing.isOver && tries < 100; tries += 1) await this.#stage.pass(200);
    this.#stage.nodes.delete(name);
  }

  async #finish(): Promise<void> {
    this.#stage.network.delay = () => 0;
    await this.#stage.pass(9000);
    this.#listen();
    for (const { follower } of this.#movers) if (!follower.isThere) await follower.start(this.#anyNode());
    for (let rest = 0; rest < 3; rest += 1) {
      await this.#rest();
      for (const resident of this.#residents.values()) this.#say(resident);
    }
    await this.#rest();
    for (const mover of this.#movers) this.#check(mover);
    for (const [what, facts] of this.#stage.faults as [string, unknown][])
      if (!/declared dead|cannot join/.test(what)) this.#fault(`log: ${what} ${JSON.stringify(facts)}`);
  }

  /** Lets all answers come. */
  async #rest(): Promise<void> {
    await this.#stage.pass(1000);
    this.#listen();
    for (let page = 0; page < 200 && this.#movers.some(({ follower }) => follower.isBusy); page += 1) {
      await this.#stage.pass(20);
      this.#listen();
    }
  }

  #check({ follower, due }: Mover): void {
    const { told } = follower;
    this.recovered += follower.recovered;
    this.gaps += follower.gaps;
    if (follower.isBusy) this.#fault('it waits for an answer');
    if (new Set(told).size < told.length) this.#fault(`twice: ${told.join()}`);
    const last = new Map<Resident | undefined, number>();
    for (const number of told) {
      const publisher = this.#publishers[number - 1];
      if (number < (last.get(publisher) ?? 0)) this.#fault(`out of order: ${number} of ${told.join()}`);
      last.set(publisher, number);
    }
    const missing = [...due].filter((number) => !told.includes(number) && !this.#isGone(number));
    if (missing.length > 0) this.#fault(`missing: ${missing.join()}; told: ${told.join()}`);
  }

  /** Whether an event was lost with the node that had accepted it, and no other node has it. */
  #isGone(number: number): boolean {
    if (this.#publishers[number - 1]?.isLost !== true) return false;
    return ![...this.#past.filter(({ isLost }) => !isLost), ...this.#residents.values()].some(({ heard }) =>
      heard.has(number),
    );
  }

  #fault(what: string): void {
    this.faults.push(what);
  }
}
