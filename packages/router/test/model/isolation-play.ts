/** One random sequence of cuts of nodes that end their sessions when they are cut off, while a client at each wants one procedure. */
import { Client } from '../support/client.ts';
import { ClusterStage } from '../support/cluster-stage.ts';
import { coreOf } from '../support/core.ts';
import { Dice } from './cluster-play.ts';

const PROCEDURE = 'com.single';
const HELLO = [1, 'realm1', { roles: { caller: {}, callee: {} } }];
/** The interval at which clients that are not callees attempt to register (ms). */
const AGAIN = 700;

interface Contender {
  readonly client: Client;
  request: number;
  state: 'joining' | 'idle' | 'asking' | 'callee';
}

export class IsolationPlay {
  readonly faults: string[] = [];
  /** How often a client has become the callee, and a node has ended its sessions. */
  readonly counts = { registered: 0, isolated: 0 };
  readonly #dice: Dice;
  /** Whether callees leave at times. */
  #leaves = true;
  readonly #stage = new ClusterStage();
  readonly #contenders = new Map<string, Contender>();
  readonly #healing = new Map<string, () => void>();
  /** How long each node reads and writes the ledger behind time (ms). */
  readonly #lag = new Map<string, number>();

  constructor(seed: number) {
    this.#dice = new Dice(seed);
    const { network } = this.#stage;
    network.delay = () => this.#dice.roll(4);
    network.ledgerDelay = (node) => (this.#lag.get(node) ?? 0) + this.#dice.roll(6);
    this.#stage.cutOff = { isolated: 'end', deadAfter: 15_000 };
    this.#stage.watch = () => {
      this.#expectOneHolder();
    };
  }

  async run(steps: number): Promise<void> {
    for (const name of ['a', 'b', 'c']) await this.#stage.start(name);
    for (let step = 0; step < steps; step += 1) {
      await this.#change();
      await this.#contend(1 + this.#dice.roll(18_000));
    }
    for (const heal of this.#healing.values()) heal();
    this.#lag.clear();
    this.#leaves = false;
    await this.#contend(60_000);
    const callees = [...this.#contenders.values()].filter(({ state }) => state === 'callee');
    if (callees.length !== 1) this.#fault(`in the end, there are ${callees.length} callees`);
    for (const { router } of this.#stage.nodes.values()) {
      const { state, isolated } = coreOf(router).cluster?.status() ?? {};
      this.counts.isolated += isolated ?? 0;
      if (state !== 'joined') this.#fault(`in the end, a node is ${String(state)}`);
    }
  }

  /** Lets time pass, while clients join, and register as soon as they may. */
  async #contend(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= AGAIN) {
      await this.#stage.pass(Math.min(left, AGAIN));
      for (const name of this.#stage.nodes.keys()) this.#advance(name);
    }
  }

  #advance(name: string): void {
    const known = this.#contenders.get(name);
    if (known !== undefined) this.#hear(name, known);
    const contender = this.#contenders.get(name);
    if (contender === undefined) {
      const client = new Client(this.#stage.node(name).router);
      this.#contenders.set(name, { client, request: 0, state: 'joining' });
      client.send(HELLO);
    } else if (contender.state === 'idle') {
      contender.request += 1;
      contender.state = 'asking';
      contender.client.send([64, contender.request, {}, PROCEDURE]);
    } else if (contender.state === 'callee' && this.#leaves && this.#dice.roll(40) === 0) {
      contender.client.transport.close();
      this.#contenders.delete(name);
    }
  }

  #hear(name: string, contender: Contender): void {
    for (const [type, first] of contender.client.heard.splice(0)) {
      if (type === 2) contender.state = 'idle';
      else if (type === 3 || type === 6) this.#contenders.delete(name);
      else if (type === 65) {
        contender.state = 'callee';
        this.counts.registered += 1;
      } else if (type === 8 || (type === 67 && first === 0)) contender.state = 'idle';
    }
  }

  async #change(): Promise<void> {
    const name = this.#dice.pick(['a', 'b', 'c']) ?? 'a';
    const engine = this.#stage.nodes.get(name)?.engine;
    const what = this.#dice.roll(8);
    const heal = this.#healing.get(name);
    if (heal !== undefined) {
      heal();
      this.#healing.delete(name);
    } else if (engine === undefined) {
      // It may fail because the ledger is slow; it is attempted again at a later step.
      await this.#stage.start(name).catch(() => undefined);
    } else if (what === 0) {
      this.#stage.kill(name);
      this.#contenders.delete(name);
    } else if (what === 1) this.#lag.set(name, this.#dice.roll(2) * (1 + this.#dice.roll(9000)));
    else {
      const cut = [
        (is: boolean): void => {
          engine.cutLinks(is);
        },
        (is: boolean): void => {
          engine.cutLedger(is);
        },
        (is: boolean): void => {
          engine.cut(is);
        },
      ][what % 3];
      cut?.(true);
      this.#healing.set(name, () => cut?.(false));
    }
  }

  /** At no instant do two nodes have a callee of their own for a procedure that only one may have. */
  #expectOneHolder(): void {
    const holders = [...this.#stage.nodes].filter(([, { router }]) => {
      const registration = coreOf(router).realm('realm1')?.dealer.registrations.get('exact', PROCEDURE);
      return registration?.callees.some(({ session }) => session.remote === undefined) === true;
    });
    if (holders.length < 2 || this.faults.length > 0) return;
    const now = Math.round(this.#stage.clock.elapsed());
    this.#fault(`it is served by ${holders.map(([name]) => name).join(' and ')} at ${now} ms`);
  }

  #fault(what: string): void {
    this.faults.push(what);
  }
}
