/** A TCP proxy that passes on what comes as slowly, and in pieces as small, as it is told to. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** What becomes of the octets that a client sends. */
export interface Line {
  /** Where the stream is cut: each piece is written, and has arrived, before the next. */
  readonly cuts?: readonly number[];
  /** Every octet is a piece of its own. */
  readonly octets?: boolean;
  /** How long each piece is held back (ms); may change while the line is in use. */
  readonly delay?: number;
  /** Changes the stream: what stands where. */
  readonly corrupt?: { readonly at: number; readonly by: number };
  /** After so many octets, the line is reset or the client's half is closed. */
  readonly after?: { readonly octets: number; readonly what: 'reset' | 'half-close' };
}

export class Proxy implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @param target the port to which it leads */
  static async open(target: number, line: Line): Promise<Proxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new Proxy(server);
    server.on('connection', (near) => {
      const far = connect({ port: target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      for (const socket of [near, far]) {
        proxy.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      far.on('data', (chunk: Buffer) => near.write(chunk));
      far.on('end', () => near.end());
      far.on('close', () => near.destroy());
      near.on('close', () => far.destroy());
      // An end without a word is one, too.
      pass(near, far, line).catch(() => far.destroy());
    });
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

async function pass(near: Socket, far: Socket, line: Line): Promise<void> {
  const { cuts = [], octets = false, corrupt, after } = line;
  let at = 0;
  for await (const chunk of near as AsyncIterable<Buffer>) {
    if (corrupt !== undefined && corrupt.at >= at && corrupt.at < at + chunk.length) {
      chunk[corrupt.at - at] = (chunk[corrupt.at - at] ?? 0) ^ corrupt.by;
    }
    for (const piece of pieces(chunk, at, cuts, octets)) {
      if (line.delay !== undefined) await setTimeout(line.delay);
      if (far.writable) await new Promise((resolve) => far.write(piece, resolve));
      // On a turn of its own, so that it is a segment of its own.
      await new Promise((resolve) => setImmediate(resolve));
    }
    at += chunk.length;
    if (after === undefined || at < after.octets) continue;
    if (after.what === 'reset') far.resetAndDestroy();
    else far.end();
    return;
  }
  far.end();
}

function pieces(chunk: Buffer, from: number, cuts: readonly number[], octets: boolean): readonly Buffer[] {
  if (octets) return Array.from(chunk, (octet) => Buffer.of(octet));
  const within = cuts.map((cut) => cut - from).filter((cut) => cut > 0 && cut < chunk.length);
  return [0, ...within].map((start, index) => chunk.subarray(start, within[index] ?? chunk.length));
}
