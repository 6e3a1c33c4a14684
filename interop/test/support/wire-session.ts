/** A WAMP session message by message, on a bare WebSocket. */
import { fromList, MessageType, toList, type Serializer } from '@wamp/protocol';
import { BareWebSocket, type Frame } from './web-socket.ts';

type List = readonly unknown[];

const NAMES = new Map<unknown, string>(Object.entries(MessageType).map(([name, type]) => [type, name]));

/** Everything a client can be, with everything it can do. */
export const ALL_ROLES = {
  publisher: { features: {} },
  subscriber: { features: {} },
  caller: {
    features: { progressive_call_results: true, progressive_call_invocations: true, call_canceling: true },
  },
  callee: {
    features: { progressive_call_results: true, progressive_call_invocations: true, call_canceling: true },
  },
};

export interface JoinOptions {
  readonly port: number;
  readonly serializer: Serializer;
  readonly realm: string;
}

export class WireSession {
  readonly webSocket: BareWebSocket;
  readonly serializer: Serializer;
  /** The last frame that `receive` returned, as it was on the wire. */
  last: Frame | undefined;

  /** Opens a WebSocket, and no session. */
  static async connect({ port, serializer }: Pick<JoinOptions, 'port' | 'serializer'>): Promise<WireSession> {
    return new WireSession(
      await BareWebSocket.open({ port, subprotocol: serializer.subprotocol }),
      serializer,
    );
  }

  /** Opens a WebSocket and a session on it. */
  static async join(options: JoinOptions): Promise<WireSession> {
    const session = await WireSession.connect(options);
    session.send([MessageType.HELLO, options.realm, { roles: ALL_ROLES }]);
    await session.expect(MessageType.WELCOME);
    return session;
  }

  private constructor(webSocket: BareWebSocket, serializer: Serializer) {
    this.webSocket = webSocket;
    this.serializer = serializer;
  }

  send(message: List): void {
    this.webSocket.send(this.serializer.encode(fromList(message)), this.serializer.binary);
  }

  /** The next message as a list; undefined when the connection is gone. */
  async receive(): Promise<List | undefined> {
    this.last = await this.webSocket.next();
    return this.last === undefined ? undefined : toList(this.serializer.decode(this.last.payload));
  }

  /** The next message, which has to be of that type. */
  async expect(type: MessageType): Promise<List> {
    const message = await this.receive();
    if (message?.[0] === type) return message;
    throw new Error(`expected ${NAMES.get(type) ?? type}, got ${JSON.stringify(message)}`);
  }

  /** Sends a request; the next message has to be of type `answer`. */
  async ask(message: List, answer: MessageType): Promise<List> {
    this.send(message);
    return this.expect(answer);
  }

  /** Says GOODBYE and waits for the end of the connection. */
  async leave(): Promise<void> {
    this.send([MessageType.GOODBYE, {}, 'wamp.close.close_realm']);
    await this.webSocket.closed;
  }
}
