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

/** @throws Error that says why the bucket cannot be used */
export async function openLedger(
  connection: NatsConnection,
  { cluster, replicas = 3 }: NatsOptions,
  node: string,
): Promise<NatsLedger> {
  try {
    const kv = await new Kvm(jetstream(connection)).create(cluster, {
      history: HISTORY,
      replicas,
      storage: 'file',
      description: 'Claims and certificates of a cluster of WAMP routers',
    });
    const status = await kv.status();
    if (status.history < HISTORY)
      throw new Error(`its history is ${status.history}, and ${HISTORY} is needed`);
    if (status.storage !== 'file') throw new Error('it is kept in memory, and has to be kept in files');
    return new NatsLedger(kv, node);
  } catch (error) {
    throw new Error(`the bucket ${cluster} of JetStream cannot be used: ${explain(error, replicas)}`, {
      cause: error,
    });
  }
}

function explain(error: unknown, replicas: number): string {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof Error && error.name === 'JetStreamNotEnabled')
    return 'JetStream is off: start nats-server with --jetstream, or with a jetstream block in its configuration';
  if (/insufficient resources|no suitable peers|replicas > 1/i.test(why))
    return `${why}: it wants ${replicas} replicas, and NATS has fewer servers with JetStream; set replicas`;
  return why;
}

export class NatsLedger implements Ledger {
  readonly #kv: KV;
  readonly #marker: string;
  #isClosed = false;

  constructor(kv: KV, node: string) {
    this.#kv = kv;
    this.#marker = `s.${node}`;
  }

  async write(key: string, value: Uint8Array | undefined): Promise<void> {
    if (value === undefined) await this.#kv.delete(key);
    else await this.#kv.put(key, value);
  }

  follow(listener: LedgerListener): () => void {
    const following = { isOver: false };
    let stop = (): void => undefined;
    const watch = async (): Promise<void> => {
      const nonce = randomBytes(8).toString('hex');
      const entries = await this.#kv.watch();
      stop = (): void => {
        entries.stop();
      };
      // What was there before has come by once this has.
      const marking = this.#mark(nonce, () => this.#isOver(following));
      for await (const entry of entries) {
        if (following.isOver) break;
        if (entry.key === this.#marker) {
          if (entry.operation === 'PUT' && entry.string() === nonce) listener.live();
        } else listener.entry(entry.key, valueOf(entry), entry.revision);
      }
      await marking;
    };
    const goOn = async (): Promise<void> => {
      while (!this.#isOver(following)) {
        await watch().catch(() => undefined);
        await pause(AGAIN);
        if (!this.#isOver(following)) listener.reset();
      }
    };
    void goOn();
    return () => {
      following.isOver = true;
      stop();
    };
  }

  close(): void {
    this.#isClosed = true;
  }

  #isOver(following: { readonly isOver: boolean }): boolean {
    return following.isOver || this.#isClosed;
  }

  async #mark(nonce: string, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        await this.#kv.put(this.#marker, nonce);
        return;
      } catch {
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
