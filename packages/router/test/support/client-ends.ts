/** The client's end of a WebSocket, a RawSocket and a long-poll channel, as plain as it gets. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import {
  joinBatch,
  RAW_SOCKET_MAX_LIMIT,
  rawSocketFrame,
  RawSocketFrameType,
  RawSocketParser,
  readRawSocketReply,
  splitBatch,
  writeRawSocketHandshake,
  type Serializer,
  type Transport,
  type TransportListener,
} from '@wamp/protocol';
import { WebSocket, type ClientOptions } from 'ws';

/** A client's end that a test can drop. */
export interface ClientEnd extends Transport {
  drop(): void;
}

/** Sends what comes in one turn as one message, when that is the protocol. */
class Sender {
  readonly #serializer: Serializer;
  readonly #batched: boolean;
  readonly #write: (message: Uint8Array) => void;
  #frames: Uint8Array[] = [];

  constructor(serializer: Serializer, batched: boolean, write: (message: Uint8Array) => void) {
    this.#serializer = serializer;
    this.#batched = batched;
    this.#write = write;
  }

  send(frame: Uint8Array): void {
    if (!this.#batched) {
      this.#write(frame);
      return;
    }
    this.#frames.push(frame);
    if (this.#frames.length === 1) queueMicrotask(() => this.flush());
  }

  flush(): void {
    if (this.#frames.length > 0) this.#write(joinBatch(this.#frames, this.#serializer));
    this.#frames = [];
  }
}

/** Hands on what came in one message. */
function hear(
  listener: TransportListener | undefined,
  end: Serializer,
  batched: boolean,
  data: Uint8Array,
): void {
  const frames = batched ? splitBatch(data, end) : [data];
  if (frames === undefined) listener?.violation('no batch');
  else for (const frame of frames) listener?.frame(frame);
}

export class WebSocketEnd implements ClientEnd {
  readonly serializer: Serializer;
  readonly backlog = 0;
  listener: TransportListener | undefined;
  readonly socket: WebSocket;
  readonly #sender: Sender;

  private constructor(socket: WebSocket, serializer: Serializer, batched: boolean) {
    this.socket = socket;
    this.serializer = serializer;
    const { binary } = serializer;
    this.#sender = new Sender(serializer, batched, (message) => {
      if (socket.readyState === socket.OPEN) socket.send(message, { binary });
    });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      hear(this.listener, serializer, batched, data);
    });
    socket.on('close', (code) => this.listener?.closed(`closed with ${code}`));
  }

  static async connect(
    url: string,
    serializer: Serializer,
    {
      batched = false,
      perMessageDeflate = false,
      ...tls
    }: ClientOptions & { readonly batched?: boolean } = {},
  ): Promise<WebSocketEnd> {
    const name = batched ? `${serializer.subprotocol}.batched` : serializer.subprotocol;
    const socket = new WebSocket(url, [name], { perMessageDeflate, ...tls });
    const end = new WebSocketEnd(socket, serializer, batched);
    await once(socket, 'open');
    return end;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#sender.send(frame);
  }

  close(): void {
    this.#sender.flush();
    this.socket.close(1000);
  }

  drop(): void {
    this.socket.terminate();
  }
}

export class RawSocketEnd implements ClientEnd {
  readonly serializer: Serializer;
  readonly limit: number;
  readonly backlog = 0;
  listener: TransportListener | undefined;
  readonly socket: Socket;

  private constructor(socket: Socket, serializer: Serializer, limit: number) {
    this.socket = socket;
    this.serializer = serializer;
    this.limit = limit;
    socket.on('close', () => this.listener?.closed('closed'));
  }

  /** @param limit the longest message that it takes (bytes) */
  static connect(
    socket: Socket,
    serializer: Serializer,
    limit = RAW_SOCKET_MAX_LIMIT,
  ): Promise<RawSocketEnd> {
    socket.write(writeRawSocketHandshake({ limit, serializer: serializer.rawSocketId }));
    return new Promise((resolve, reject) => {
      const parser = new RawSocketParser((octets) => {
        const reply = readRawSocketReply(octets, serializer.rawSocketId);
        if ('refused' in reply) {
          reject(new Error(reply.refused));
          return undefined;
        }
        const end = new RawSocketEnd(socket, serializer, reply.limit);
        resolve(end);
        return {
          acceptedLength: limit,
          message: (frame) => end.listener?.frame(frame),
          ping: (payload) => socket.write(rawSocketFrame(RawSocketFrameType.PONG, payload)),
          pong: () => undefined,
          failed: (_failure, what) => end.listener?.violation(what),
        };
      });
      socket.on('error', reject);
      socket.on('data', (chunk: Buffer) => {
        parser.push(chunk);
      });
    });
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.socket.writable) this.socket.write(rawSocketFrame(RawSocketFrameType.MESSAGE, frame));
  }

  close(): void {
    this.socket.end();
  }

  drop(): void {
    this.socket.destroy();
  }
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Posts a body, and resolves with the answer. */
export function post(
  url: string,
  body: Uint8Array | string = '',
  { agent, headers = {}, method = 'POST', signal }: Partial<PostOptions> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent, signal }, (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { statusCode: status = 0, headers: told } = response;
        resolve({ status, headers: told, body: Buffer.concat(chunks) });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

interface PostOptions {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  readonly method: string;
  readonly signal: AbortSignal;
}

export class LongPollEnd implements ClientEnd {
  readonly serializer: Serializer;
  readonly backlog = 0;
  listener: TransportListener | undefined;
  readonly #url: string;
  readonly #batched: boolean;
  readonly #agent: Agent;
  readonly #sender: Sender;
  /** The last request to send: the next one waits for its answer. */
  #sent: Promise<unknown> = Promise.resolve();
  #open = true;

  private constructor(url: string, serializer: Serializer, batched: boolean, agent: Agent) {
    this.#url = url;
    this.serializer = serializer;
    this.#batched = batched;
    this.#agent = agent;
    this.#sender = new Sender(serializer, batched, (message) => {
      this.#sent = this.#sent.then(() => this.#post('send', message));
    });
  }

  /** @param url where `open` is */
  static async connect(url: string, serializer: Serializer, batched = false): Promise<LongPollEnd> {
    const agent = new Agent({ keepAlive: true });
    const name = batched ? `${serializer.subprotocol}.batched` : serializer.subprotocol;
    const { body } = await post(`${url}/open`, JSON.stringify({ protocols: [name] }), { agent });
    const { transport } = JSON.parse(body.toString()) as { transport: string };
    const end = new LongPollEnd(`${url}/${transport}`, serializer, batched, agent);
    void end.#poll();
    return end;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#open) this.#sender.send(frame);
  }

  close(): void {
    this.#sender.flush();
    this.#sent = this.#sent.then(() => this.#post('close', '')).then(() => this.drop());
  }

  drop(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#agent.destroy();
    this.listener?.closed('closed');
  }

  async #poll(): Promise<void> {
    while (this.#open) {
      const answer = await this.#post('receive', '');
      if (answer?.status !== 200) this.drop();
      else if (answer.body.length > 0) hear(this.listener, this.serializer, this.#batched, answer.body);
    }
  }

  /** The answer; undefined when there is none. */
  async #post(what: string, body: Uint8Array | string): Promise<Answer | undefined> {
    try {
      return await post(`${this.#url}/${what}`, body, { agent: this.#agent });
    } catch {
      return undefined;
    }
  }
}
