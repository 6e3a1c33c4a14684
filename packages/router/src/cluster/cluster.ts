/** ClusterNode: a router as one of several that serve the same realms. */
import type { LogCode } from '../log.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Claims } from './claims.ts';
import type { ClusterEngine } from './engine.ts';
import { CUT_OFF, newLease, type Lease } from './lease.ts';
import { LOOK, ClusterMembers, type ClusterRouter } from './members.ts';
import { Housekeeping, SWEEP } from './housekeeping.ts';
import { nameKey, Names } from './names.ts';
import type { ClaimStatus, Cluster, ClusterOptions, ClusterStatus } from './options.ts';
import { OwnName } from './own-name.ts';
import { beginRun, type OwnRun } from './own-run.ts';
import type { PeerNode } from './peer.ts';
import { statusOf } from './status.ts';
import { Waiting } from './waiting.ts';
import { WIRE, type WireVersions } from './wire.ts';

/** The interval between the HELLOs of a node, by which others see that it is alive (ms). */
const BEAT = 1000;
/** The time within which the whole ledger must be read at the start (ms). */
const LEDGER = 20_000;
/** How long a leaving node waits until its claims are deleted (ms). */
const LEAVING = 2000;
const DEAD_AFTER = 5000;

/** The options, and one that only tests set. */
interface NodeOptions extends ClusterOptions {
  readonly wire?: WireVersions;
}

export class ClusterNode implements Cluster {
  readonly #router: ClusterRouter;
  readonly #engine: ClusterEngine;
  readonly #name: string;
  readonly #deadAfter: number;
  readonly #members: ClusterMembers;
  readonly #newRun: () => OwnRun;
  #run: OwnRun;
  #state: 'stopped' | 'joining' | 'joined' = 'stopped';
  readonly #names = new Names();
  readonly #ownName: OwnName;
  /** Undefined for a node that serves on when it is cut off. */
  readonly #lease: Lease | undefined;
  readonly #house: Housekeeping;
  readonly #waiting: Waiting;
  #leaving: Promise<void> | undefined;
  #abandoning: Promise<void> | undefined;
  #isRestarting = false;
  #stops: (() => void)[] = [];
  #isConnected = false;
  #expelled = 0;
  #isolated = 0;
  /** True from the end of the lease until the node has joined again. */
  #isCutOff = false;
  #whenLive: (() => void) | undefined;

  /** @throws RangeError for a `deadAfter` that is too short for `isolated: 'end'` */
  constructor(router: ClusterRouter, options: NodeOptions) {
    const { node, engine, deadAfter = DEAD_AFTER, wire = WIRE } = options;
    const { clock } = router;
    this.#router = router;
    this.#engine = engine;
    this.#name = node;
    this.#deadAfter = Math.max(deadAfter, BEAT);
    this.#lease = newLease(options.isolated, this.#deadAfter, clock, () => void this.#keepsLease());
    const [names, lease, { ledger }] = [this.#names, this.#lease, engine];
    const shared = { clock, ledger, names, members: () => this.#members, isWritable: () => this.#isWritable };
    this.#newRun = (): OwnRun => beginRun(node, shared);
    this.#run = this.#newRun();
    const run = (): OwnRun => this.#run;
    const told = { engine, deadAfter: this.#deadAfter, wire, lease: lease?.length };
    this.#members = new ClusterMembers(router, told, run);
    this.#waiting = new Waiting(clock);
    const [members, waiting] = [this.#members, this.#waiting];
    this.#ownName = new OwnName({ clock, ledger, name: node, names, members, waiting, lease, run });
    this.#house = new Housekeeping({ clock, ledger, names, members, deadAfter: this.#deadAfter, run });
  }

  get claims(): Claims {
    return this.#run.claims;
  }

  get peers(): ReadonlyMap<string, PeerNode> {
    return this.#members.peers;
  }

  /** Why this node admits no session at present, and processes no message; undefined while it serves. */
  get closed(): string | undefined {
    if (this.#lease === undefined) return undefined;
    const isOpen = this.#keepsLease() && this.#state === 'joined' && this.#leaving === undefined;
    return isOpen ? undefined : CUT_OFF;
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
    const { epoch } = this.#run.self;
    // True when it was declared dead meanwhile, and joins again as a new run.
    const isOver = (): boolean => epoch !== this.#run.self.epoch;
    try {
      await this.#engine.start(this.#run.self, {
        received: (bytes) => {
          if (this.#state !== 'stopped' && this.#keepsLease()) this.#members.received(bytes);
        },
        connected: (is) => {
          this.#connected(is);
        },
      });
      this.#isConnected = true;
      await this.#readLedger();
      if (!isOver()) await this.#ownName.take();
      if (!isOver()) this.#keepUp();
      await this.#waiting.until(() => isOver() || (this.#isComplete && this.#hasLease), this.#deadAfter);
      if (!isOver() && !this.#hasLease) throw new Error('the ledger of the cluster cannot be written');
    } catch (error) {
      if (isOver()) return;
      await this.#abandon();
      throw error;
    }
    if (isOver()) return;
    this.#state = 'joined';
    this.#isCutOff = false;
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
      self: this.#run.self,
      state: this.#state,
      peers: this.peers.values(),
      now: this.#router.clock.elapsed(),
      claims: this.claims.counts,
      expelled: this.#expelled,
      isolated: this.#isolated,
      certificates: this.#run.deaths.size,
      trouble: this.#trouble(),
    });
  }

  claimed(): Iterable<ClaimStatus> {
    const { self } = this.#run;
    return this.claims.told((run) => (run === self.epoch ? this.#name : this.peers.get(run)?.id.name));
  }

  #trouble(): string | undefined {
    if (this.#isCutOff) return `no lease of the ledger for ${this.#deadAfter} ms: all sessions were ended`;
    if (this.#state !== 'joined') return undefined;
    if (!this.#isConnected) return 'there is no connection to the engine of the cluster';
    if (!this.#isWritable) return 'the ledger cannot be written: no procedure can be registered';
    for (const { isDown, id } of this.peers.values()) if (isDown) return `node ${id.name} is silent`;
    return this.#members.difference;
  }

  get #isWritable(): boolean {
    const silence = this.#router.clock.elapsed() - this.#ownName.writtenAt;
    return this.#state !== 'joined' || silence <= this.#deadAfter;
  }

  async #readLedger(): Promise<void> {
    const live = new Promise<void>((resolve) => {
      this.#whenLive = resolve;
    });
    this.#stops.push(
      this.#engine.ledger.follow({
        reset: () => {
          this.claims.reset();
          this.#names.reset();
          this.#lease?.reset();
        },
        entry: (key, value, revision) => {
          this.#entry(key, value, revision);
        },
        live: () => {
          this.claims.live();
          this.#lease?.live();
          if (this.#state === 'joined') this.claims.clearEarlier();
          this.#whenLive?.();
        },
      }),
    );
    const late = this.#waiting.pause(LEDGER).then(() => false);
    const isLive = await Promise.race([live.then(() => true), late]);
    if (!isLive) throw new Error(`the ledger of the cluster has not been read within ${LEDGER} ms`);
  }

  /** Whether all nodes that are alive according to the ledger have sent their state. */
  get #isComplete(): boolean {
    for (const { epoch } of this.#names.values()) {
      if (epoch === this.#run.self.epoch || this.#members.isGone(epoch)) continue;
      if (this.peers.get(epoch)?.isSynced !== true) return false;
    }
    return this.#members.isReady;
  }

  #keepUp(): void {
    this.claims.clearEarlier();
    this.#members.excuseSilence();
    this.#every(BEAT, () => {
      this.#members.greet();
    });
    this.#every(LOOK, () => {
      this.#members.look(this.#isConnected);
      if (this.#isConnected) this.#house.lookForUnheard();
    });
    this.#every(this.#ownName.interval, () => void this.#pulse());
    this.#every(SWEEP, () => {
      this.#house.sweep();
    });
    this.#members.greet();
  }

  #every(interval: number, task: () => void): void {
    this.#stops.push(this.#waiting.every(interval, task));
  }

  async #pulse(): Promise<void> {
    if (this.#leaving === undefined) await this.#ownName.write();
  }

  #entry(key: string, value: Uint8Array | undefined, revision: number): void {
    const { self, deaths, claims } = this.#run;
    if (key.startsWith('r.')) claims.entry(key, value, revision);
    else if (key.startsWith('d.')) {
      const epoch = deaths.entry(key, value);
      if (epoch === undefined) return;
      if (epoch === self.epoch) this.#expel();
      else {
        const peer = this.peers.get(epoch);
        if (peer !== undefined) this.#members.forget(peer, deaths.isUndertaker(epoch));
        deaths.whenVoid(epoch, () => {
          claims.bury(epoch);
        });
      }
    } else if (key.startsWith('n.')) {
      const run = this.#names.entry(key, value, this.#router.clock.elapsed());
      const isTaken = run !== undefined && this.#ownName.read(run);
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

  /** Called when other nodes have declared this one dead. */
  #expel(): void {
    if (this.#startOver('cluster_expelled', 'declared dead by the cluster')) this.#expelled += 1;
  }

  get #hasLease(): boolean {
    return this.#lease?.isHeld ?? true;
  }

  /** Ends the sessions of a node that has joined, if its lease is over. @returns false if it was over */
  #keepsLease(): boolean {
    if (this.#state !== 'joined' || this.#hasLease) return true;
    this.#isCutOff = this.#startOver('cluster_isolated', 'the ledger cannot be written');
    if (this.#isCutOff) this.#isolated += 1;
    return false;
  }

  /** Ends all sessions, and joins again as a new run. @returns false if the node is leaving anyway */
  #startOver(code: LogCode, why: string): boolean {
    if (this.#state === 'stopped' || this.#leaving !== undefined) return false;
    const what = `${why}: all sessions end, and the node joins again`;
    this.#router.log('error', what, { code, node: this.#name });
    this.#state = 'joining';
    for (const realm of this.#members.realms.values()) realm.endSessions();
    void this.#abandon().then(() => this.#startAgain());
    return true;
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
    this.#lease?.close();
    this.#ownName.ended(this.#run.self.epoch);
    this.#run = this.#newRun();
    await this.#engine.close();
  }
}
