/** A client that writes whatever it likes, over WebSocket or RawSocket, and sees how it is answered. */
import { json, rolesOf, type Serializer } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { ALL_FEATURES } from '@wamp/router/testing';
import { greetingOf, RawPeer } from './raw-socket.ts';
import { Opcode, RawClient } from './web-socket.ts';

export const SERIALIZERS: readonly Serializer[] = [json, msgpack, cbor];
export const HELLO: readonly unknown[] = [1, 'realm1', { roles: rolesOf(ALL_FEATURES) }];

/** How a connection ended: the reason in the last ABORT or GOODBYE, and the code of a WebSocket. */
interface End {
  readonly reason: unknown;
  readonly code: number | undefined;
}

/** What the router does to those who break the rules. */
export const VIOLATION = 'wamp.error.protocol_violation';

export interface Stranger {
  readonly serializer: Serializer;
  /** Writes octets onto the connection. */
  write(...octets: readonly Uint8Array[]): void;
  /** Sends octets as a message. */
  sendBytes(bytes: Uint8Array): void;
  send(...messages: readonly (readonly unknown[])[]): void;
  /** The next message; undefined when the connection is over. */
  heard(): Promise<readonly unknown[] | undefined>;
  /** Passes over all that comes until the connection is over. */
  end(): Promise<End>;
  /** Is gone, and says nothing. */
  drop(): void;
}

const present = new Set<Stranger>();

/** All who have come are gone, and say nothing. */
export function dropStrangers(): void {
  for (const stranger of present) stranger.drop();
  present.clear();
}

function come(stranger: Stranger): Stranger {
  present.add(stranger);
  return stranger;
}

/** Sends a request, and waits for its answer: what else comes before is passed over. */
export async function ask(stranger: Stranger, message: readonly unknown[]): Promise<readonly unknown[]> {
  stranger.send(message);
  for (;;) {
    const heard = await stranger.heard();
    if (heard === undefined) throw new Error(`no answer to ${JSON.stringify(message)}`);
    if (heard[0] === 3 || heard[1] === message[1] || (heard[0] === 8 && heard[2] === message[1]))
      return heard;
  }
}

/** Connects; there is no session yet. Headers go with the upgrade, where there is one. */
export type Connect = (
  port: number,
  serializer?: Serializer,
  headers?: Readonly<Record<string, string>>,
) => Promise<Stranger>;

/** Joins realm1. */
export async function join(
  connect: Connect,
  port: number,
  serializer: Serializer = json,
  hello: readonly unknown[] = HELLO,
): Promise<Stranger> {
  const stranger = await connect(port, serializer);
  stranger.send(hello);
  const welcome = await stranger.heard();
  if (welcome?.[0] !== 2) throw new Error(`no WELCOME: ${JSON.stringify(welcome)}`);
  return stranger;
}

export const webSocket: Connect = async (port, serializer = json, headers = {}) => {
  const client = await RawClient.connect(port, serializer, headers);
  const heard = async (): Promise<readonly unknown[] | undefined> => {
    for (;;) {
      const frame = await client.next();
      if (frame === undefined) return undefined;
      if (frame.opcode <= Opcode.BINARY) return client.read(frame);
      if (frame.opcode === Opcode.PING) client.pong(frame);
    }
  };
  return come({
    serializer,
    heard,
    write: (...octets) => client.write(...octets),
    sendBytes: (bytes) => client.sendBytes(bytes),
    send: (...messages) => client.send(...messages),
    drop: () => client.socket.resetAndDestroy(),
    async end() {
      let reason: unknown;
      let code: number | undefined;
      for (let frame = await client.next(); frame !== undefined; frame = await client.next()) {
        if (frame.opcode <= Opcode.BINARY) reason = reasonIn(client.read(frame)) ?? reason;
        if (frame.opcode === Opcode.PING) client.pong(frame);
        if (frame.opcode !== Opcode.CLOSE) continue;
        code = frame.payload.length < 2 ? 1005 : frame.payload.readUInt16BE();
        client.socket.end();
      }
      return { reason, code };
    },
  });
};

export const rawSocket: Connect = async (port, serializer = json) => {
  const peer = RawPeer.dial(port, serializer);
  peer.answersPings = true;
  peer.write(greetingOf(serializer, 15));
  await peer.reply;
  const heard = async (): Promise<readonly unknown[] | undefined> => {
    const message = await peer.message();
    return message.length === 0 ? undefined : message;
  };
  return come({
    serializer,
    heard,
    write: (...octets) => peer.write(...octets),
    sendBytes: (bytes) => peer.sendBytes(bytes),
    send: (...messages) => peer.send(...messages),
    drop: () => peer.socket.resetAndDestroy(),
    async end() {
      let reason: unknown;
      for (let message = await heard(); message !== undefined; message = await heard()) {
        reason = reasonIn(message) ?? reason;
      }
      return { reason, code: undefined };
    },
  });
};

/** Every way to connect, in every serializer. */
export const WAYS: readonly (readonly [name: string, connect: Connect, serializer: Serializer])[] =
  SERIALIZERS.flatMap((serializer) => [
    [`WebSocket, ${serializer.name}`, webSocket, serializer] as const,
    [`RawSocket, ${serializer.name}`, rawSocket, serializer] as const,
  ]);

function reasonIn(message: readonly unknown[]): unknown {
  return message[0] === 3 || message[0] === 6 ? message[2] : undefined;
}
