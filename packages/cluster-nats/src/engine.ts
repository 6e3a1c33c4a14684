/** The engine of a cluster on NATS: a subject for each run of a node, and a bucket of JetStream. */
import type { NatsConnection } from '@nats-io/transport-node';
import type { ClusterEngine, EngineListener, Ledger, NodeId } from '@wamp/router';
import { connectTo } from './connection.ts';
import { openLedger, type NatsLedger } from './ledger.ts';
import type { NatsOptions } from './options.ts';

const CLUSTER_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const DEFAULT_MAX_MESSAGE = 1024 * 1024;

/**
 * Creates an engine for `createRouter({ cluster: { node, engine } })`. It opens two connections: one for the links between the
 * nodes, and one for the ledger.
 * @throws TypeError for a cluster name that cannot be part of a NATS subject
 */
export function natsEngine(options: NatsOptions): ClusterEngine {
  return new NatsEngine(options);
}

class NatsEngine implements ClusterEngine {
  readonly #options: NatsOptions;
  readonly #subjects = new WeakMap<NodeId, string>();
  #links: NatsConnection | undefined;
  #ledgers: NatsConnection | undefined;
  #ledger: NatsLedger | undefined;
  /** Between `start` and `close`. */
  #isWanted = false;
  /** The same object for all runs of the node. */
  readonly ledger: Ledger = {
    write: (key, value) =>
      this.#ledger?.write(key, value) ?? Promise.reject(new Error('there is no connection to NATS')),
    follow: (listener) => this.#ledger?.follow(listener) ?? ((): void => undefined),
  };

  constructor(options: NatsOptions) {
    if (!CLUSTER_NAME.test(options.cluster))
      throw new TypeError(
        `cluster: expected 1 to 64 letters, digits, _ or -, got ${JSON.stringify(options.cluster)}`,
      );
    this.#options = options;
  }

  get maxMessage(): number {
    return this.#links?.info?.max_payload ?? DEFAULT_MAX_MESSAGE;
  }

  async start(self: NodeId, listener: EngineListener): Promise<void> {
    try {
      this.#isWanted = true;
      const links = await this.#connect(`${self.name} links`);
      this.#links = links;
      const refused = watchStatus(links, listener);
      for (const subject of [this.#subject(self), this.#all])
        links.subscribe(subject, {
          callback: (error, message) => {
            if (error === null) listener.received(message.data);
          },
        });
      links.publish(this.#all, new Uint8Array(0));
      await links.flush();
      // The status is told after the first answer: by the second one, it has been.
      await links.flush();
      this.#expectPermitted(refused);
      this.#ledgers = await this.#connect(`${self.name} ledger`);
      this.#ledger = await openLedger(this.#ledgers, this.#options, token(self.name));
      const refusedToo = watchStatus(this.#ledgers);
      await this.#ledger.probe().catch((error: unknown) => {
        this.#expectPermitted(refusedToo);
        throw error;
      });
      this.#expectPermitted(refusedToo);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** @throws Error that names the first operation that NATS has refused, if there is one */
  #expectPermitted([refusal]: readonly string[]): void {
    if (refusal === undefined) return;
    const { cluster } = this.#options;
    const needed = `${cluster}.>, $JS.API.>, $KV.${cluster}.> and _INBOX.>`;
    throw new Error(
      `NATS refuses what the cluster needs: ${refusal}; permit its user to publish and subscribe to ${needed}`,
    );
  }

  async #connect(name: string): Promise<NatsConnection> {
    const connection = await connectTo(this.#options, name, () => this.#isWanted);
    if (this.#isWanted) return connection;
    await end(connection);
    throw new Error('the node has left the cluster before it was connected to NATS');
  }

  send(to: NodeId, bytes: Uint8Array): void {
    this.#publish(this.#subject(to), bytes);
  }

  broadcast(bytes: Uint8Array): void {
    this.#publish(this.#all, bytes);
  }

  async close(): Promise<void> {
    this.#isWanted = false;
    const [links, ledgers] = [this.#links, this.#ledgers];
    this.#links = undefined;
    this.#ledgers = undefined;
    this.#ledger?.close();
    this.#ledger = undefined;
    await Promise.all([end(links), end(ledgers)]);
  }

  get #all(): string {
    return `${this.#options.cluster}.all`;
  }

  #subject(node: NodeId): string {
    const known = this.#subjects.get(node);
    if (known !== undefined) return known;
    const subject = `${this.#options.cluster}.n.${token(node.name)}.${node.epoch}`;
    this.#subjects.set(node, subject);
    return subject;
  }

  /** Publishes bytes. Without a connection they are lost, and the link sends them again. */
  #publish(subject: string, bytes: Uint8Array): void {
    const links = this.#links;
    if (links === undefined || links.isClosed() || links.isDraining()) return;
    links.publish(subject, bytes);
  }
}

/** Escapes a name to one token of a subject. */
function token(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/gu, (character) =>
    [...new TextEncoder().encode(character)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** Passes changes of the connection to the listener. @returns the refusals by NATS, to which later ones are added */
function watchStatus(connection: NatsConnection, listener?: EngineListener): readonly string[] {
  const refused: string[] = [];
  const watch = async (): Promise<void> => {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') listener?.connected(false);
      else if (status.type === 'reconnect') listener?.connected(true);
      else if (status.type === 'error') refused.push(status.error.message);
    }
  };
  void watch();
  return refused;
}

async function end(connection: NatsConnection | undefined): Promise<void> {
  if (connection === undefined || connection.isClosed()) return;
  // Sends the last messages; without a connection, this would wait for one.
  await Promise.race([
    connection.flush().catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, 500)),
  ]);
  await connection.close();
}
