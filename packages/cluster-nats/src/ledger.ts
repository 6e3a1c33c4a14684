/** The ledger of a cluster: one key-value bucket of JetStream, written without compare-and-set. */
import { randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KV, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Ledger, LedgerListener } from '@wamp/router';
import type { NatsOptions } from './options.ts';

/** How many values of a key are kept: a node that follows sees each of a quick succession. */
const HISTORY = 16;
/** After the watch has ended by a fault, it begins anew (ms). */
const AGAIN = 500;

/** A write without an answer for so long (ms) has failed; the node writes again. */
const WRITE_TIMEOUT = 2000;
/** What was written has to come by within this time (ms), unless other entries do. */
const COMING_BY = 3000;
/** For how long JetStream may have no leader at the start (ms). */
const PATIENCE = 15_000;

/** @throws Error that says why the bucket cannot be used */
export async function openLedger(
  connection: NatsConnection,
  options: NatsOptions,
  node: string,
): Promise<NatsLedger> {
  const open = (): Promise<KV> => openBucket(connection, options);
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      return new NatsLedger(await open(), open, node);
    } catch (error) {
      if (Date.now() < end && !connection.isClosed() && isTransient(error)) {
        await pause(AGAIN);
        continue;
      }
      const { cluster, replicas = 3 } = options;
      throw new Error(`the bucket ${cluster} of JetStream cannot be used: ${explain(error, replicas)}`, {
        cause: error,
      });
    }
  }
}

/** @throws Unusable for a bucket with other settings than are needed */
async function openBucket(connection: NatsConnection, { cluster, replicas = 3 }: NatsOptions): Promise<KV> {
  const kv = await new Kvm(jetstream(connection, { timeout: WRITE_TIMEOUT })).create(cluster, {
    history: HISTORY,
    replicas,
    storage: 'file',
    description: 'Claims and certificates of a cluster of WAMP routers',
  });
  const { history, storage } = await kv.status();
  if (history < HISTORY) throw new Unusable(`its history is ${history}, and ${HISTORY} is needed`);
  if (storage !== 'file') throw new Unusable('it is kept in memory, and has to be kept in files');
  return kv;
}

class Unusable extends Error {}

/** Whether another attempt may succeed: there is no leader yet, or not enough servers have started. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Unusable || error.name === 'JetStreamNotEnabled')
    return false;
  return /timeout|unavailable|no responders|insufficient resources|no suitable peers|offline|closed|disconnect/i.test(
    `${error.name} ${error.message}`,
  );
}

function explain(error: unknown, replicas: number): string {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === 'JetStreamNotEnabled')
    return 'JetStream is off: start nats-server with --jetstream, or with a jetstream block in its configuration';
  if (/insufficient resources|no suitable peers|replicas > 1/i.test(why))
    return `${why}: it wants ${replicas} replicas, and NATS has fewer servers with JetStream; set replicas`;
  return why;
}

/** Whether an error says that the bucket is not there any more. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && /stream not found/i.test(`${error.name} ${error.message}`);
}

/** One who follows. */
interface Following {
  isOver: boolean;
  /** Begins anew. */
  restart: () => void;
  /** The last revision that has come by, and when. */
  seen: number;
  seenAt: number;
}

/** If the servers lose the bucket, it is made again, and whoever follows begins anew. */
export class NatsLedger implements Ledger {
  #kv: KV;
  readonly #open: () => Promise<KV>;
  readonly #marker: string;
  readonly #followings = new Set<Following>();
  #isClosed = false;
  #isRepairing = false;

  constructor(kv: KV, open: () => Promise<KV>, node: string) {
    this.#kv = kv;
    this.#open = open;
    this.#marker = `s.${node}`;
  }

  /** Writes, to learn whether NATS permits it. */
  async probe(): Promise<void> {
    await this.#kv.put(this.#marker, 'probe');
  }

  async write(key: string, value: Uint8Array | undefined): Promise<void> {
    const before = [...this.#followings].map((following) => ({ following, seen: following.seen }));
    let revision: number | undefined;
    try {
      if (value === undefined) await this.#kv.delete(key);
      else revision = await this.#kv.put(key, value);
    } catch (error) {
      void this.#repair();
      throw error;
    }
    if (revision === undefined) return;
    for (const { following, seen } of before) {
      // Another bucket, which counts from 1 again.
      if (revision <= seen && !following.isOver) following.restart();
      else this.#expect(following, revision);
    }
  }

  follow(listener: LedgerListener): () => void {
    const following: Following = { isOver: false, restart: () => undefined, seen: 0, seenAt: Date.now() };
    this.#followings.add(following);
    const goOn = async (): Promise<void> => {
      while (!this.#isOver(following)) {
        await this.#watch(following, listener).catch(() => undefined);
        await pause(AGAIN);
        if (!this.#isOver(following)) listener.reset();
      }
    };
    void goOn();
    return () => {
      following.isOver = true;
      this.#followings.delete(following);
      following.restart();
    };
  }

  close(): void {
    this.#isClosed = true;
  }

  async #watch(following: Following, listener: LedgerListener): Promise<void> {
    const nonce = randomBytes(8).toString('hex');
    const run = { isOver: false };
    following.seen = 0;
    following.seenAt = Date.now();
    const entries = await this.#kv.watch();
    following.restart = (): void => {
      run.isOver = true;
      entries.stop();
    };
    // What was there before has come by once this has.
    const marking = this.#mark(nonce, () => run.isOver || this.#isOver(following));
    for await (const entry of entries) {
      if (following.isOver || run.isOver) break;
      following.seen = entry.revision;
      following.seenAt = Date.now();
      if (entry.key === this.#marker) {
        if (entry.operation === 'PUT' && entry.string() === nonce) listener.live();
      } else listener.entry(entry.key, valueOf(entry), entry.revision);
    }
    run.isOver = true;
    await marking;
  }

  /** Begins anew when a revision does not come by, and nothing else does: the server has forgotten who follows. */
  #expect(following: Following, revision: number): void {
    setTimeout(() => {
      if (this.#isOver(following) || following.seen >= revision) return;
      if (Date.now() - following.seenAt >= COMING_BY) following.restart();
      else this.#expect(following, revision);
    }, COMING_BY).unref();
  }

  /** Makes the bucket again, if it is not there any more. */
  async #repair(): Promise<void> {
    if (this.#isRepairing || this.#isClosed) return;
    this.#isRepairing = true;
    try {
      await this.#kv.status();
    } catch (error) {
      if (isMissing(error)) await this.#renew().catch(() => undefined);
    } finally {
      this.#isRepairing = false;
    }
  }

  async #renew(): Promise<void> {
    this.#kv = await this.#open();
    for (const following of this.#followings) following.restart();
  }

  #isOver(following: Following): boolean {
    return following.isOver || this.#isClosed;
  }

  async #mark(nonce: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        await this.#kv.put(this.#marker, nonce);
        return;
      } catch {
        void this.#repair();
        await pause(AGAIN);
      }
    }
  }
}

function valueOf({ operation, value }: KvWatchEntry): Uint8Array | undefined {
  return operation === 'PUT' ? value : undefined;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
