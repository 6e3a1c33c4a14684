/** The ledger of a cluster: one key-value bucket of JetStream, written without compare-and-set. */
import { randomBytes } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { Kvm, type KV, type KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Ledger, LedgerListener } from '@wamp/router';
import type { NatsOptions } from './options.ts';
import { removeRemains } from './remains.ts';

/** How many values of a key are kept, so that a watch delivers each one of several that follow quickly. */
const HISTORY = 16;
/** The delay before something that has failed is attempted again (ms). */
const AGAIN = 500;

/** A write that has no answer after this time (ms) has failed; the node then writes again. */
const WRITE_TIMEOUT = 2000;
/** The watch must deliver a value that was written, or other entries, within this time (ms). */
const COMING_BY = 3000;
/** How long to wait for JetStream to elect a leader at the start (ms). */
const PATIENCE = 15_000;
/** How long what remains of a deleted key is kept (ms), and the mean interval at which a node removes it. */
const REMAINS = 3_600_000;
const TIDYING = 600_000;
/** A watch that has delivered nothing for so long (ms) may have missed deletions of which nothing remains: it starts again. */
const LONG_GAP = REMAINS / 2;

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
      const tidy = (kv: KV): Promise<number> => removeRemains(connection, kv, options.cluster, REMAINS);
      return new NatsLedger(await open(), { open, tidy }, node);
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

/** @throws Unusable for a bucket whose settings the ledger cannot use */
async function openBucket(connection: NatsConnection, { cluster, replicas = 3 }: NatsOptions): Promise<KV> {
  const kv = await new Kvm(jetstream(connection, { timeout: WRITE_TIMEOUT })).create(cluster, {
    history: HISTORY,
    replicas,
    storage: 'file',
    description: 'Claims and certificates of a cluster of WAMP routers',
  });
  const { history, storage } = await kv.status();
  if (history < HISTORY) throw new Unusable(`its history is ${history}; at least ${HISTORY} is needed`);
  if (storage !== 'file') throw new Unusable('its storage is memory; file is needed');
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
    return `${why}: NATS has fewer than ${replicas} servers with JetStream; start more, or lower replicas`;
  return why;
}

/** Whether an error says that the bucket no longer exists. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && /stream not found/i.test(`${error.name} ${error.message}`);
}

/** The state of one listener. */
interface Following {
  isOver: boolean;
  /** Ends the watch, so that another one begins. */
  restart: () => void;
  /** The last revision that the watch has delivered, and when (ms, wall clock). */
  seen: number;
  seenAt: number;
}

/** What a ledger does with its bucket. */
interface Bucket {
  /** Opens the bucket, and creates it if there is none. */
  open(): Promise<KV>;
  /** Removes what remains of keys that were deleted long ago. */
  tidy(kv: KV): Promise<unknown>;
}

/** If the servers lose the bucket, it is created again, and all watches are restarted. */
export class NatsLedger implements Ledger {
  #kv: KV;
  readonly #bucket: Bucket;
  readonly #marker: string;
  readonly #followings = new Set<Following>();
  #isClosed = false;
  #isRepairing = false;
  #tidying: NodeJS.Timeout | undefined;

  constructor(kv: KV, bucket: Bucket, node: string) {
    this.#kv = kv;
    this.#bucket = bucket;
    this.#marker = `s.${node}`;
    this.#tidyLater();
  }

  /** Writes a marker, to find out whether NATS permits it. */
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
      // The bucket was created again: its revisions begin at 1.
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
    clearTimeout(this.#tidying);
  }

  /** Tidies from time to time, at another time than the other nodes. */
  #tidyLater(): void {
    const tidy = async (): Promise<void> => {
      await this.#bucket.tidy(this.#kv).catch(() => undefined);
      if (!this.#isClosed) this.#tidyLater();
    };
    this.#tidying = setTimeout(() => void tidy(), TIDYING * (0.5 + Math.random())).unref();
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
    // Once the watch delivers this marker, it has delivered all earlier entries.
    const marking = this.#mark(nonce, () => run.isOver || this.#isOver(following));
    for await (const entry of entries) {
      if (following.isOver || run.isOver || Date.now() - following.seenAt > LONG_GAP) break;
      following.seen = entry.revision;
      following.seenAt = Date.now();
      if (entry.key === this.#marker) {
        if (entry.operation === 'PUT' && entry.string() === nonce) listener.live();
      } else listener.entry(entry.key, valueOf(entry), entry.revision);
    }
    run.isOver = true;
    entries.stop();
    await marking;
  }

  /** Restarts a watch that delivers neither this revision nor any other entry: the server has lost the watch. */
  #expect(following: Following, revision: number): void {
    setTimeout(() => {
      if (this.#isOver(following) || following.seen >= revision) return;
      if (Date.now() - following.seenAt >= COMING_BY) following.restart();
      else this.#expect(following, revision);
    }, COMING_BY).unref();
  }

  /** Creates the bucket again, if it no longer exists. */
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
    this.#kv = await this.#bucket.open();
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
