/** Two ends of a connection that the operating system makes: what one writes, the other reads when it likes. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type PairKind = 'TCP' | 'Unix socket';

/** More than a stream reads ahead when nobody reads from it (bytes). */
const MORE = 256 * 1024;

let unixSockets = 0;

function reach(address: AddressInfo | string): Socket {
  return typeof address === 'string' ? connect(address) : connect(address.port, '127.0.0.1');
}

export class SocketPair implements Disposable {
  /** The end that was accepted. */
  readonly near: Socket;
  /** The end that has connected. */
  readonly far: Socket;
  readonly #arrived: Buffer[] = [];
  #size = 0;
  #look: () => void = () => undefined;

  private constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
    for (const end of [near, far]) end.on('error', () => undefined);
    far.on('data', (chunk: Buffer) => {
      this.#arrived.push(chunk);
      this.#size += chunk.length;
      this.#look();
    });
    far.on('close', () => {
      this.#look();
    });
  }

  static async open(kind: PairKind): Promise<SocketPair> {
    const server = createServer({ allowHalfOpen: true });
    if (kind === 'TCP') server.listen(0, '127.0.0.1');
    else server.listen(join(tmpdir(), `wamp-pair-${process.pid}-${(unixSockets += 1)}.sock`));
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const far = reach(server.address() ?? '');
    const [[near]] = await Promise.all([accepted, once(far, 'connect')]);
    server.close();
    return new SocketPair(near, far);
  }

  /** The far end reads no more for now; what the system holds for it is soon full. */
  stop(): void {
    this.far.pause();
  }

  /** The far end reads no more, and the system holds as much for it as it can. @returns how many bytes that takes */
  block(): number {
    this.stop();
    const filler = Buffer.alloc(MORE);
    let size = 0;
    for (; this.near.writableLength <= MORE; size += MORE) this.near.write(filler);
    return size;
  }

  /** The far end reads on. */
  go(): void {
    this.far.resume();
  }

  /** All that has arrived at the far end, once there are so many bytes of it. */
  async arrived(size: number): Promise<Buffer> {
    while (this.#size < size && !this.far.destroyed) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
    return Buffer.concat(this.#arrived);
  }

  [Symbol.dispose](): void {
    this.near.destroy();
    this.far.destroy();
  }
}
