/** ClusterNode: a router as one of several that serve the same realms. */
import { randomBytes } from 'node:crypto';
import { CloseUri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import { Claims } from './claims.ts';
import { Deaths } from './deaths.ts';
import type { ClusterEngine, NodeId } from './engine.ts';
import { escaped, valueBytes, valueOf } from './keys.ts';
import { LOOK, ClusterMembers, type ClusterRouter } from './members.ts';
import type { Cluster, ClusterOptions, ClusterStatus } from './options.ts';
import type { PeerNode } from './peer.ts';
import { statusOf } from './status.ts';

/** How often a node says that it is alive (ms). */
const BEAT = 1000;
/** How often a node writes to the ledger, to learn whether it can (ms). */
const PULSE = 2000;
/** How long other nodes have to acknowledge what a client waits for (ms). */
const SETTLING = 1000;
/** How long a node of the same name has to answer before it is taken for dead (ms). */
const SAME_NAME = 1500;
/** How long the ledger has to tell what is in it, at the start (ms). */
const LEDGER = 10_000;
/** How long the claims of a node that leaves may take to be deleted (ms). */
const LEAVING = 2000;
const DEAD_AFTER = 5000;

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
  /** Runs of nodes by name, as the ledger has them. */
  readonly #named = new Map<string, string>();
  #stops: (() => void)[] = [];
  #isConnected = false;
  #pulsedAt = 0;
  #expelled = 0;
  #whenLive: (() => void) | undefined;

  constructor(router: ClusterRouter, { node, engine, deadAfter = DEAD_AFTER }: ClusterOptions) {
    this.#router = router;
    this.#engine = engine;
    this.#name = node;
    this.#deadAfter = Math.max(deadAfter, BEAT);
    this.#self = newRun(node);
    this.#deaths = this.#newDeaths();
    this.claims = this.#newClaims();
    this.#members = new ClusterMembers(router, engine, this.#deadAfter, () => ({
      self: this.#self,
      deaths: this.#deaths,
    }));
  }

  get peers(): ReadonlyMap<string, PeerNode> {
    return this.#members.peers;
  }

  /** Adds a realm that is shared. */
  add(realm: CoreRealm): void {
    this.#members.addRealm(this, realm);
  }

  /**
   * Joins the cluster: resolves once the other nodes have told what they have.
   * @throws Error that says what is missing, such as permissions, or that the name of the node is taken
   */
  async start(): Promise<void> {
    this.#state = 'joining';
    try {
      await this.#engine.start(this.#self, {
        received: (bytes) => {
          this.#members.received(bytes);
        },
        connected: (is) => {
          this.#connected(is);
        },
      });
      this.#isConnected = true;
      await this.#readLedger();
      await this.#takeName();
      this.#keepUp();
      await this.#until(() => this.#isComplete, this.#deadAfter);
    } catch (error) {
      await this.#abandon();
      throw error;
    }
    this.#state = 'joined';
    this.#router.log('info', 'joined the cluster', { code: 'cluster_joined', node: this.#name });
  }

  /** Leaves the cluster, once no session is left. */
  async leave(): Promise<void> {
    if (this.#state === 'stopped') return;
    await this.#until(() => this.claims.counts.held + this.claims.counts.pending === 0, LEAVING);
    const key = `n.${escaped(this.#name)}`;
    await Promise.race([
      this.#engine.ledger.write(key, undefined).catch(() => undefined),
      this.#pause(LEAVING),
    ]);
    this.#members.sayGoodbye();
    await this.#abandon();
  }

  /** Calls back once all nodes that can be reached have processed what was put on the links so far, or after a second. */
  settled(done: () => void): void {
    let left = 1;
    let dismiss: (() => void) | undefined;
    const one = (): void => {
      left -= 1;
      if (left > 0) return;
      dismiss?.();
      done();
    };
    for (const peer of this.peers.values()) {
      if (peer.isDown) continue;
      left += 1;
      peer.link.whenAcknowledged(one);
    }
    if (left > 1) {
      dismiss = this.#router.clock.after(SETTLING, () => {
        if (left <= 0) return;
        left = 0;
        done();
      });
    }
    one();
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

  #trouble(): string | undefined {
    if (this.#state !== 'joined') return undefined;
    if (!this.#isConnected) return 'there is no connection to the engine of the cluster';
    if (this.#router.clock.elapsed() - this.#pulsedAt > this.#deadAfter)
      return 'the ledger cannot be written: nobody can register';
    for (const { isDown, id } of this.peers.values()) if (isDown) return `nothing is heard of ${id.name}`;
    const [difference] = this.#members.differences;
    return difference;
  }

  #newDeaths(): Deaths {
    return new Deaths(this.#router.clock, this.#engine.ledger, this.#self);
  }

  #newClaims(): Claims {
    return new Claims({
      clock: this.#router.clock,
      ledger: this.#engine.ledger,
      self: this.#self,
      isDead: (epoch) => this.#deaths.has(epoch),
      settled: (done) => {
        this.settled(done);
      },
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
    const isLive = await Promise.race([live.then(() => true), this.#pause(LEDGER).then(() => false)]);
    if (!isLive) throw new Error(`the ledger of the cluster has not been read within ${LEDGER} ms`);
  }

  /** @throws Error when another run of this name is alive */
  async #takeName(): Promise<void> {
    const before = this.#named.get(this.#name);
    if (before !== undefined && before !== this.#self.epoch && !this.#deaths.has(before)) {
      this.#members.greet();
      await this.#until(() => this.peers.has(before), SAME_NAME);
      if (this.peers.has(before))
        throw new Error(
          `node ${this.#name} is alive already (run ${before}): give each node a name of its own`,
        );
      this.#deaths.certify(before);
      await this.#until(() => this.#deaths.has(before), SAME_NAME);
    }
    await this.#pulse();
  }

  /** Whether all nodes that the ledger says are alive have told what they have. */
  get #isComplete(): boolean {
    for (const epoch of this.#named.values()) {
      if (epoch === this.#self.epoch || this.#members.isGone(epoch)) continue;
      if (this.peers.get(epoch)?.isSynced !== true) return false;
    }
    return true;
  }

  #keepUp(): void {
    this.#members.excuseSilence();
    this.#every(BEAT, () => {
      this.#members.greet();
    });
    this.#every(LOOK, () => {
      this.#members.look(this.#isConnected);
    });
    this.#every(PULSE, () => {
      void this.#pulse();
    });
    this.#members.greet();
  }

  #every(interval: number, task: () => void): void {
    let stop = (): void => undefined;
    const again = (): void => {
      stop = this.#router.clock.after(interval, () => {
        again();
        task();
      });
    };
    again();
    this.#stops.push(() => {
      stop();
    });
  }

  async #pulse(): Promise<void> {
    const { epoch } = this.#self;
    try {
      await this.#engine.ledger.write(`n.${escaped(this.#name)}`, valueBytes({ name: this.#name, epoch }));
      this.#pulsedAt = this.#router.clock.elapsed();
    } catch {
      // `#trouble` tells it once it lasts.
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
    } else if (key.startsWith('n.')) this.#nameOf(value);
  }

  #nameOf(value: Uint8Array | undefined): void {
    const run = value && (valueOf(value) as NodeId | undefined);
    if (run === undefined) return;
    this.#named.set(run.name, run.epoch);
    if (run.name === this.#name && run.epoch !== this.#self.epoch && this.#state === 'joined') this.#expel();
  }

  #connected(is: boolean): void {
    if (is === this.#isConnected) return;
    this.#isConnected = is;
    this.#router.log(is ? 'info' : 'warn', is ? 'connected to the engine' : 'connection to the engine lost', {
      code: is ? 'cluster_connected' : 'cluster_disconnected',
    });
    if (is) this.#members.reconnected();
  }

  /** Others have declared this node dead: its sessions end, and it begins anew. */
  #expel(): void {
    if (this.#state === 'stopped') return;
    this.#expelled += 1;
    this.#router.log('error', 'declared dead by the cluster: all sessions end, and the node joins anew', {
      code: 'cluster_expelled',
      node: this.#name,
    });
    this.#state = 'joining';
    const why = 'the node was cut off from the cluster';
    for (const { core } of this.#members.realms.values())
      for (const session of [...core.sessions.values()])
        session.end(CloseUri.SYSTEM_SHUTDOWN, why, { quiet: true });
    void this.#abandon().then(() => this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      this.#router.log('error', 'cannot join the cluster', { code: 'cluster_join_failed', error });
      await this.#pause(this.#deadAfter);
      await this.#startAgain();
    }
  }

  /** Ends this run. */
  async #abandon(): Promise<void> {
    this.#state = 'stopped';
    for (const stop of this.#stops.splice(0)) stop();
    this.claims.close();
    for (const peer of [...this.peers.values()]) this.#members.forget(peer, false);
    await this.#engine.close();
    this.#isConnected = false;
    this.#named.clear();
    this.#self = newRun(this.#name);
    this.#deaths = this.#newDeaths();
    this.claims = this.#newClaims();
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#router.clock.after(ms, resolve));
  }

  /** Resolves when a condition holds, and after `patience` (ms) at the latest. */
  #until(condition: () => boolean, patience: number): Promise<void> {
    return new Promise((resolve) => {
      const end = this.#router.clock.elapsed() + patience;
      const look = (): void => {
        if (condition() || this.#router.clock.elapsed() >= end) resolve();
        else this.#router.clock.after(20, look);
      };
      look();
    });
  }
}

function newRun(name: string): NodeId {
  return { name, epoch: randomBytes(8).toString('hex') };
}
