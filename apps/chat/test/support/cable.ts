/** A TCP proxy in front of the router, which a test cuts and joins again. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class Cable implements AsyncDisposable {
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  /** Each client with its connection to the router. */
  readonly #pairs = new Map<Socket, Socket>();
  #server: Server | undefined;
  #port = 0;

  private constructor(target: URL) {
    this.#target = target;
  }

  /** @param url of the router's WebSocket */
  static async to(url: string): Promise<Cable> {
    const cable = new Cable(new URL(url));
    await cable.join();
    return cable;
  }

  /** The address of the router by way of this cable. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}/ws`;
  }

  /** Ends all connections, and refuses others. */
  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.close();
    for (const socket of this.#sockets) socket.destroy();
    if (server !== undefined) await once(server, 'close');
  }

  /** Holds back what the router sends, until the function that it returns is called. */
  hold(): () => void {
    const pairs = [...this.#pairs];
    for (const [client, router] of pairs) router.unpipe(client);
    return () => {
      for (const [client, router] of pairs) router.pipe(client);
    };
  }

  /** Lets connections through, at the same address as before. */
  async join(): Promise<void> {
    const server = createServer((client) => {
      const router = connect(Number(this.#target.port), this.#target.hostname);
      this.#pairs.set(client, router);
      client.on('close', () => this.#pairs.delete(client));
      this.#pipe(client, router);
      this.#pipe(router, client);
    });
    this.#server = server;
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  #pipe(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => undefined);
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.pipe(to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
  }
}
