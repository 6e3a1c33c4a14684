/** ClusterNode: a router as one of several that serve the same realms. */
import { CloseUri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { Claims } from './claims.ts';
import { Deaths } from './deaths.ts';
import type { ClusterEngine, NodeId } from './engine.ts';
import { LOOK, ClusterMembers, type ClusterRouter } from './members.ts';
import { Housekeeping } from './housekeeping.ts';
import { nameKey, Names, nameValue } from './names.ts';
import { newRun } from './keys.ts';
import type { ClaimStatus, Cluster, ClusterOptions, ClusterStatus } from './options.ts';
import type { PeerNode } from './peer.ts';
import { statusOf } from './status.ts';
import { Waiting } from './waiting.ts';
import { WIRE, type WireVersions } from './wire.ts';

/** The interval between the HELLOs of a node, by which others see that it is alive (ms). */
const BEAT = 1000;
/** The interval at which a node writes its name to the ledger, which checks that it can (ms). */
const PULSE = 2000;
/** The time within which an earlier run of this node must answer, or else it is declared dead (ms). */
const SAME_NAME = 1500;
/** The time within which the whole ledger must be read at the start (ms). */
const LEDGER = 20_000;
/** How long a leaving node waits until its claims are deleted (ms). */
const LEAVING = 2000;
const DEAD_AFTER = 5000;
/** The interval at which the entries of dead nodes are deleted from the ledger (ms). */
const SWEEP = 10_000;

/** The options, and one that only tests set. */
interface NodeOptions extends ClusterOptions {
  readonly wire?: WireVersions;
}

export class ClusterNode implements Cluster {
  claims: Claims;
  readonly #router: ClusterRouter;
  readonly #engine: ClusterEngine;
  readonly #name: string;
  readonly #deadAfter: number;
  readonly #members: ClusterMembers;
  #self: NodeId;
  #deaths: Deaths;
  #state: 'stopped' | 'joining' | 'joined' = 'stopped';
  readonly #names = new Names();
  readonly #house: Housekeeping;
  readonly #waiting: Waiting;
  #leaving: Promise<void> | undefined;
  #abandoning: Promise<void> | undefined;
  #isRestarting = false;
  #stops: (() => void)[] = [];
  #isConnected = false;
  #pulsedAt = 0;
  #expelled = 0;
  #whenLive: (() => void) | undefined;

  constructor(router: ClusterRouter, options: NodeOptions) {
    const { node, engine, deadAfter = DEAD_AFTER, wire = WIRE } = options;
    this.#router = router;
    this.#engine = engine;
    this.#name = node;
    this.#deadAfter = Math.max(deadAfter, BEAT);
    this.#self = newRun(node);
    this.#deaths = new Deaths(this.#router.clock, this.#engine.ledger, this.#self);
    this.claims = this.#newClaims();
    this.#members = new ClusterMembers(router, { engine, deadAfter: this.#deadAfter, wire }, () => ({
      self: this.#self,
      deaths: this.#deaths,
    }));
    this.#waiting = new Waiting(router.clock);
    this.#house = new Housekeeping({
      clock: router.clock,
      ledger: engine.ledger,
      names: this.#names,
      members: this.#members,
      deadAfter: this.#deadAfter,
      run: () => ({ self: this.#self, deaths: this.#deaths, claims: this.claims }),
    });
  }

  get peers(): ReadonlyMap<string, PeerNode> {
    return this.#members.peers;
  }

  /** Adds a realm that is shared. */
  add(realm: CoreRealm): void {
    this.#members.addRealm(this, realm);
  }

  /**
   * Joins the cluster: resolves once the other nodes have sent their state.
   * @throws Error that says what is missing, such as permissions, or that the name of the node is taken
   */
  async start(): Promise<void> {
    await this.#join();
    // If it is declared dead meanwhile, it joins again as a new run.
    await this.#waiting.until(() => this.#state === 'joined' || this.#leaving !== undefined, Infinity);
  }

  async #join(): Promise<void> {
    await this.#abandoning;
    this.#state = 'joining';
    const { epoch } = this.#self;
    // True when it was declared dead meanwhile, and joins again as a new run.
    const isOver = (): boolean => epoch !== this.#self.epoch;
    try {
      await this.#engine.start(this.#self, {
        received: (bytes) => {
          if (this.#state !== 'stopped') this.#members.received(bytes);
        },
        connected: (is) => {
          this.#connected(is);
        },
      });
      this.#isConnected = true;
      await this.#readLedger();
      if (!isOver()) await this.#takeName();
      if (!isOver()) this.#keepUp();
      await this.#waiting.until(() => isOver() || this.#isComplete, this.#deadAfter);
    } catch (error) {
      if (isOver()) return;
      await this.#abandon();
      throw error;
    }
    if (isOver()) return;
    this.#state = 'joined';
    this.#router.log('info', 'joined the cluster', { code: 'cluster_joined', node: this.#name });
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    if (this.#state === 'stopped') return;
    await this.#waiting.until(() => this.claims.counts.held + this.claims.counts.pending === 0, LEAVING);
    await Promise.race([
      this.#engine.ledger.write(nameKey(this.#name), undefined).catch(() => undefined),
      this.#waiting.pause(LEAVING),
    ]);
    await this.#members.sayGoodbye();
    await this.#abandon();
  }

  settled(done: () => void): void {
    this.#members.settled(done);
  }

  status(): ClusterStatus {
    return statusOf({
      self: this.#self,
      state: this.#state,
      peers: this.peers.values(),
      now: this.#router.clock.elapsed(),
      claims: this.claims.counts,
      expelled: this.#expelled,
      certificates: this.#deaths.size,
      trouble: this.#trouble(),
    });
  }

  claimed(): Iterable<ClaimStatus> {
    return this.claims.told((run) => (run === this.#self.epoch ? this.#name : this.peers.get(run)?.id.name));
  }

  #trouble(): string | undefined {
    if (this.#state !== 'joined') return undefined;
    if (!this.#isConnected) return 'there is no connection to the engine of the cluster';
    if (this.#router.clock.elapsed() - this.#pulsedAt > this.#deadAfter)
      return 'the ledger cannot be written: no procedure can be registered';
    for (const { isDown, id } of this.peers.values()) if (isDown) return `node ${id.name} is silent`;
    return this.#members.difference;
  }

  #newClaims(): Claims {
    return new Claims({
      clock: this.#router.clock,
      ledger: this.#engine.ledger,
      self: this.#self,
      isDead: (epoch) => this.#deaths.has(epoch),
      settled: this.settled.bind(this),
      latest: ({ realm, match, uri }) => this.#members.realmNamed(realm)?.latestOrder(match, uri) ?? 0,
      replaced: ({ realm, match, uri }, by) => this.#members.realmNamed(realm)?.replaced(match, uri, by),
    });
  }

  async #readLedger(): Promise<void> {
    const live = new Promise<void>((resolve) => {
      this.#whenLive = resolve;
    });
    this.#stops.push(
      this.#engine.ledger.follow({
        reset: () => {
          this.claims.reset();
        },
        entry: (key, value, revision) => {
          this.#entry(key, value, revision);
        },
        live: () => {
          this.claims.live();
          this.#whenLive?.();
        },
      }),
    );
    const late = this.#waiting.pause(LEDGER).then(() => false);
    const isLive = await Promise.race([live.then(() => true), late]);
    if (!isLive) throw new Error(`the ledger of the cluster has not been read within ${LEDGER} ms`);
  }

  /** @throws Error when another run of this name is alive */
  async #takeName(): Promise<void> {
    const before = this.#names.epochOf(this.#name);
    if (before !== undefined && before !== this.#self.epoch && !this.#deaths.has(before)) {
      this.#members.greet();
      await this.#waiting.until(() => this.peers.has(before), SAME_NAME);
      if (this.peers.has(before))
        throw new Error(
          `another node named ${this.#name} is running (run ${before}): give each node its own name`,
        );
      // Another node, which knows the sessions of the earlier run, publishes that they have left.
      this.#deaths.certify(before, [...this.peers.keys()].sort()[0]);
      await this.#waiting.until(() => this.#deaths.has(before), SAME_NAME);
    }
    await this.#pulse();
  }

  /** Whether all nodes that are alive according to the ledger have sent their state. */
  get #isComplete(): boolean {
    for (const { epoch } of this.#names.values()) {
      if (epoch === this.#self.epoch || this.#members.isGone(epoch)) continue;
      if (this.peers.get(epoch)?.isSynced !== true) return false;
    }
    return this.#members.isReady;
  }

  #keepUp(): void {
    this.#members.excuseSilence();
    this.#every(BEAT, () => {
      this.#members.greet();
    });
    this.#every(LOOK, () => {
      this.#members.look(this.#isConnected);
      if (this.#isConnected) this.#house.lookForUnheard();
    });
    this.#every(PULSE, () => void this.#pulse());
    this.#every(SWEEP, () => {
      this.#house.sweep();
    });
    this.#members.greet();
  }

  #every(interval: number, task: () => void): void {
    this.#stops.push(this.#waiting.every(interval, task));
  }

  async #pulse(): Promise<void> {
    if (this.#leaving !== undefined) return;
    try {
      await this.#engine.ledger.write(nameKey(this.#name), nameValue(this.#self));
      this.#pulsedAt = this.#router.clock.elapsed();
    } catch {
      // `#trouble` reports this if it lasts.
    }
  }

  #entry(key: string, value: Uint8Array | undefined, revision: number): void {
    if (key.startsWith('r.')) this.claims.entry(key, value, revision);
    else if (key.startsWith('d.')) {
      const epoch = this.#deaths.entry(key, value);
      if (epoch === undefined) return;
      if (epoch === this.#self.epoch) this.#expel();
      else {
        const peer = this.peers.get(epoch);
        if (peer !== undefined) this.#members.forget(peer, this.#deaths.isUndertaker(epoch));
        this.claims.bury(epoch);
      }
    } else if (key.startsWith('n.')) {
      const run = this.#names.entry(key, value, this.#router.clock.elapsed());
      const isTaken = run?.name === this.#name && run.epoch !== this.#self.epoch;
      if (isTaken && this.#state === 'joined') this.#expel();
    }
  }

  #connected(is: boolean): void {
    if (is === this.#isConnected) return;
    this.#isConnected = is;
    this.#router.log(is ? 'info' : 'warn', is ? 'connected to the engine' : 'connection to the engine lost', {
      code: is ? 'cluster_connected' : 'cluster_disconnected',
    });
    this.#house.excuseSilence();
    if (is) this.#members.reconnected();
  }

  /** Called when other nodes have declared this one dead: ends its sessions, and joins again as a new run. */
  #expel(): void {
    if (this.#state === 'stopped' || this.#leaving !== undefined) return;
    this.#expelled += 1;
    this.#router.log('error', 'declared dead by the cluster: all sessions end, and the node joins again', {
      code: 'cluster_expelled',
      node: this.#name,
    });
    this.#state = 'joining';
    const why = 'the node was cut off from the cluster';
    for (const { core } of this.#members.realms.values()) {
      if (core.sharing !== undefined) core.sharing.isReturning = true;
      for (const session of [...core.sessions.values()])
        session.end(CloseUri.SYSTEM_SHUTDOWN, why, { quiet: true });
    }
    void this.#abandon().then(() => this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    if (this.#isRestarting) return;
    this.#isRestarting = true;
    while (this.#leaving === undefined && this.#state !== 'joined') {
      try {
        await this.#join();
      } catch (error) {
        this.#router.log('error', 'cannot join the cluster', { code: 'cluster_join_failed', error });
        await this.#waiting.pause(this.#deadAfter);
      }
    }
    this.#isRestarting = false;
  }

  #abandon(): Promise<void> {
    this.#abandoning ??= this.#endRun().finally(() => {
      this.#abandoning = undefined;
    });
    return this.#abandoning;
  }

  /** Ends this run. */
  async #endRun(): Promise<void> {
    this.#state = 'stopped';
    for (const stop of this.#stops.splice(0)) stop();
    // The start of a run that is over would otherwise wait for the timeout.
    this.#whenLive?.();
    this.claims.close();
    for (const peer of [...this.peers.values()]) this.#members.forget(peer, false);
    this.#isConnected = false;
    this.#names.clear();
    this.#self = newRun(this.#name);
    this.#deaths = new Deaths(this.#router.clock, this.#engine.ledger, this.#self);
    this.claims = this.#newClaims();
    await this.#engine.close();
  }
}
