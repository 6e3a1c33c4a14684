/** No library: `ws`, JSON, and a map of pending calls; the minimum of a client. */
import { WebSocket } from 'ws';
import type { Client } from './client.ts';

type Message = readonly [type: number, ...elements: unknown[]];

/** A connection, its pending requests and its handlers. */
class Raw implements Client {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<unknown, (message: Message) => void>();
  readonly #served = new Map<unknown, () => void>();
  readonly #heard = new Map<unknown, () => void>();
  #last = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(String(data)) as Message));
  }

  async hello(): Promise<void> {
    const roles = { caller: {}, callee: {}, subscriber: {} };
    const welcomed = this.#answer(undefined);
    this.#socket.send(JSON.stringify([1, 'realm1', { roles }]));
    await welcomed;
  }

  async call(procedure: string, args: readonly unknown[]): Promise<unknown> {
    const result = await this.#ask(48, procedure, args);
    return (result[3] as readonly unknown[] | undefined)?.[0];
  }

  async echo(procedure: string, served: () => void): Promise<void> {
    this.#served.set((await this.#ask(64, procedure))[2], served);
  }

  async subscribe(topic: string, heard: () => void): Promise<void> {
    this.#heard.set((await this.#ask(32, topic))[2], heard);
  }

  #ask(type: number, uri: string, args?: readonly unknown[]): Promise<Message> {
    const request = (this.#last += 1);
    const answer = this.#answer(request);
    this.#socket.send(
      JSON.stringify(args === undefined ? [type, request, {}, uri] : [type, request, {}, uri, args]),
    );
    return answer;
  }

  #answer(request: unknown): Promise<Message> {
    return new Promise((resolve) => this.#waiting.set(request, resolve));
  }

  #receive(message: Message): void {
    const [type, request, id] = message;
    if (type === 36) this.#heard.get(request)?.();
    else if (type === 68) {
      this.#served.get(id)?.();
      this.#socket.send(JSON.stringify([70, request, {}, message[4]]));
    } else {
      const key = type === 2 ? undefined : request;
      this.#waiting.get(key)?.(message);
      this.#waiting.delete(key);
    }
  }
}

export async function join(url: string): Promise<Client> {
  const socket = new WebSocket(url, ['wamp.2.json'], { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const raw = new Raw(socket);
  await raw.hello();
  return raw;
}
