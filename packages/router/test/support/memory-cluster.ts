/** The engine of a cluster in memory, whose network and ledger a test rules: delays, losses, cuts and deaths. */
import type { Clock } from '../../src/core/clock.ts';
import type {
  ClusterEngine,
  EngineListener,
  Ledger,
  LedgerListener,
  NodeId,
} from '../../src/cluster/engine.ts';

interface LedgerEntry {
  readonly key: string;
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** What connects the engines of a test. */
export class MemoryNetwork {
  readonly clock: Clock;
  readonly engines: Set<MemoryEngine> = new Set();
  readonly log: LedgerEntry[] = [];
  /** How long a message is on its way (ms); messages of a pair stay in order. */
  delay: (from: string, to: string) => number = () => 0;
  /** Whether a message is lost. */
  loses: (from: string, to: string) => boolean = () => false;
  /** How long a write or a change of the ledger is on its way (ms). */
  ledgerDelay: (node: string) => number = () => 0;
  /** Whether a write fails, and whether it was done all the same. */
  ledgerFails: (node: string) => 'not' | 'undone' | 'done' = () => 'not';

  constructor(clock: Clock) {
    this.clock = clock;
  }

  engine(): MemoryEngine {
    return new MemoryEngine(this);
  }

  /** The last value of each key, with the revision of its last change, in order. */
  present(): LedgerEntry[] {
    const last = new Map<string, LedgerEntry>();
    for (const entry of this.log) {
      last.delete(entry.key);
      last.set(entry.key, entry);
    }
    return [...last.values()].filter(({ value }) => value !== undefined);
  }

  append(key: string, value: Uint8Array | undefined): void {
    const entry = { key, value, revision: this.log.length + 1 };
    this.log.push(entry);
    for (const engine of this.engines) engine.changed(entry);
  }
}

export class MemoryEngine implements ClusterEngine {
  readonly maxMessage: number = 1024 * 1024;
  readonly #network: MemoryNetwork;
  #self: NodeId | undefined;
  #listener: EngineListener | undefined;
  #follower: LedgerListener | undefined;
  /** When the last message from each sender arrives, so that none overtakes another. */
  readonly #arrivals = new Map<string, number>();
  #ledgerArrival = 0;
  #isFrozen = false;
  #isCut = false;
  #hasLinks = true;
  #hasLedger = true;
  #isKilled = false;
  #run = 0;
  readonly #frozen: (() => void)[] = [];

  constructor(network: MemoryNetwork) {
    this.#network = network;
  }

  get name(): string {
    return this.#self?.name ?? '';
  }

  start(self: NodeId, listener: EngineListener): Promise<void> {
    if (this.#isKilled) return new Promise(() => undefined);
    this.#self = self;
    this.#listener = listener;
    this.#network.engines.add(this);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  /** The process is gone: what its router does from now on has no effect. */
  kill(): void {
    this.#isKilled = true;
    this.#end();
  }

  #end(): void {
    this.#network.engines.delete(this);
    this.#run += 1;
    this.#listener = undefined;
    this.#follower = undefined;
    this.#self = undefined;
    this.#frozen.length = 0;
  }

  /** The process hears nothing until it is thawed; its timers stand still only if the test has no time pass. */
  freeze(is: boolean): void {
    this.#isFrozen = is;
    if (!is) for (const task of this.#frozen.splice(0)) task();
  }

  /** The connection to the network is lost, and comes back. */
  cut(is: boolean): void {
    if (is === this.#isCut) return;
    this.#isCut = is;
    this.#hasLinks = this.#hasLedger = !is;
    this.#listener?.connected(!is);
    if (!is) this.#readAgain();
  }

  /** Messages of other nodes, and to them, are lost without notice. */
  cutLinks(is: boolean): void {
    this.#hasLinks = !is;
  }

  /** The ledger can be neither written nor read. */
  cutLedger(is: boolean): void {
    if (is !== this.#hasLedger) return;
    this.#hasLedger = !is;
    if (!is) this.#readAgain();
  }

  #readAgain(): void {
    const follower = this.#follower;
    if (follower === undefined) return;
    follower.reset();
    for (const { key, value, revision } of this.#network.present()) follower.entry(key, value, revision);
    follower.live();
  }

  send(to: NodeId, bytes: Uint8Array): void {
    for (const engine of this.#network.engines)
      if (engine.#self?.epoch === to.epoch) this.#carry(engine, bytes);
  }

  broadcast(bytes: Uint8Array): void {
    for (const engine of this.#network.engines) if (engine !== this) this.#carry(engine, bytes);
  }

  readonly ledger: Ledger = {
    write: (key, value) => {
      const outcome = this.#network.ledgerFails(this.name);
      const run = this.#run;
      return new Promise((resolve, reject) => {
        this.#after(this.#network.ledgerDelay(this.name), () => {
          const isLost = !this.#hasLedger || run !== this.#run || this.#self === undefined;
          if (!isLost && outcome !== 'undone') this.#network.append(key, value);
          if (isLost || outcome !== 'not') reject(new Error('the ledger does not answer'));
          else resolve();
        });
      });
    },
    follow: (listener) => {
      this.#follower = listener;
      if (this.#hasLedger) this.#readAgain();
      return () => {
        this.#follower = undefined;
      };
    },
  };

  changed(entry: LedgerEntry): void {
    const now = this.#network.clock.elapsed();
    this.#ledgerArrival = Math.max(this.#ledgerArrival, now + this.#network.ledgerDelay(this.name));
    const run = this.#run;
    this.#after(this.#ledgerArrival - now, () => {
      if (run === this.#run && this.#hasLedger) this.#follower?.entry(entry.key, entry.value, entry.revision);
    });
  }

  #carry(to: MemoryEngine, bytes: Uint8Array): void {
    if (!this.#hasLinks || this.#self === undefined || this.#network.loses(this.name, to.name)) return;
    const now = this.#network.clock.elapsed();
    const from = this.#self.epoch;
    const at = Math.max(to.#arrivals.get(from) ?? 0, now + this.#network.delay(this.name, to.name));
    to.#arrivals.set(from, at);
    const run = to.#run;
    to.#after(at - now, () => {
      // The bytes are lent: what is not copied while they are handled is spoilt.
      const lent = new Uint8Array(bytes);
      if (run === to.#run && to.#hasLinks) to.#listener?.received(lent);
      lent.fill(0xa5);
    });
  }

  #after(delay: number, task: () => void): void {
    const run = (): void => {
      if (this.#isFrozen) this.#frozen.push(task);
      else task();
    };
    if (delay <= 0) queueMicrotask(run);
    else this.#network.clock.after(delay, run);
  }
}
