/** A TCP proxy that simulates faults of networks. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Way, type Weather } from './way.ts';

/** A direction of a connection: `up` to the router, `down` to the client. */
export type Direction = 'both' | 'up' | 'down';

/** A connection through the proxy. */
export class Link {
  readonly client: Socket;
  readonly router: Socket;
  readonly #up: Way;
  readonly #down: Way;

  /** @param linger how long (ms) the router's end stays when the client has gone */
  constructor(client: Socket, port: number, linger: number) {
    this.client = client;
    this.router = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#up = new Way(client, this.router);
    this.#down = new Way(this.router, client);
    for (const socket of [client, this.router]) socket.on('error', () => undefined);
    client.on('close', () => {
      if (linger === 0) this.#leave();
      else setTimeout(() => this.#leave(), linger);
    });
    this.router.on('close', () => {
      if (!this.isSilent('down')) client.destroy();
    });
  }

  isSilent(direction: 'up' | 'down'): boolean {
    return (direction === 'up' ? this.#up : this.#down).weather.isSilent;
  }

  /** Changes the conditions in a direction. */
  change(direction: Direction, weather: Partial<Weather>): void {
    for (const [way, its] of [
      [this.#up, 'up'],
      [this.#down, 'down'],
    ] as const) {
      if (direction !== 'both' && direction !== its) continue;
      Object.assign(way.weather, weather);
      way.look();
    }
    if (!this.isSilent('up') && this.client.destroyed) this.router.destroy();
    if (!this.isSilent('down') && this.router.destroyed) this.client.destroy();
  }

  /** Breaks the connection at both ends. */
  cut(): void {
    reset(this.client);
    reset(this.router);
  }

  /** For messages. */
  toString(): string {
    const end = ({ destroyed, readableEnded, writableEnded, bytesRead, bytesWritten }: Socket): string =>
      destroyed ? 'gone' : `open ${readableEnded}/${writableEnded} ${bytesRead}/${bytesWritten}`;
    return `client ${end(this.client)}, router ${end(this.router)}`;
  }

  get isOpen(): boolean {
    return !this.client.destroyed || !this.router.destroyed;
  }

  /** The client has closed: closes the router's end as well, unless that direction carries no data. */
  #leave(): void {
    if (!this.isSilent('up')) this.router.destroy();
  }
}

/** Sends RST instead of FIN; Node never closes a socket that is reset while its FIN is in transit. */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

export class FaultProxy {
  /** The number of connections so far. */
  accepted = 0;
  /** How long (ms) the router still sees a connection that its client has left. */
  linger = 0;
  /** How many of the next connections are cut at once. */
  refusals = 0;
  /** How many of the next connections wait, to be let through in the opposite order. */
  #reordered = 0;
  readonly #held: Socket[] = [];
  readonly #links = new Set<Link>();
  readonly #server: Server;
  readonly #target: () => number;

  /** @param target the port of the router at the moment */
  private constructor(target: () => number) {
    this.#target = target;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
  }

  static async start(target: () => number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** The next `count` connections are let through when all of them are there, the last one first. */
  reorder(count: number): void {
    this.#reordered = count;
  }

  /** Passes on all waiting data, and cancels pending faults. */
  heal(): void {
    this.refusals = 0;
    this.#reordered = 0;
    this.#release();
    for (const link of this.#links) {
      link.change('both', { isSilent: false, delay: 0, piece: Infinity, rate: Infinity });
    }
  }

  async close(): Promise<void> {
    this.heal();
    for (const link of this.#links) link.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    client.on('error', () => undefined);
    if (this.refusals > 0) {
      this.refusals -= 1;
      reset(client);
    } else if (this.#reordered > 0) {
      this.#held.push(client);
      this.#reordered -= 1;
      if (this.#reordered === 0) this.#release();
    } else this.#join(client);
  }

  #release(): void {
    for (const client of this.#held.splice(0).reverse()) if (!client.destroyed) this.#join(client);
  }

  #join(client: Socket): void {
    const link = new Link(client, this.#target(), this.linger);
    this.#links.add(link);
    for (const socket of [client, link.router]) {
      socket.on('close', () => {
        if (!link.isOpen) this.#links.delete(link);
      });
    }
  }
}
