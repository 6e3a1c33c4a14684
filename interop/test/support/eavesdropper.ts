/**
 * A client that hears every publication of the realm, and reads each with a decoder that is not ours:
 * what is malformed ends its sender, and reaches nobody.
 */
import { fromList, MessageType, type Serializer } from '@wamp/protocol';
import { autobahn } from './autobahn.ts';
import { REALM } from './router.ts';
import { BareWebSocket } from './web-socket.ts';
import { ALL_ROLES } from './wire-session.ts';

const fatal = new TextDecoder('utf-8', { fatal: true });

// By default it refuses a key `__proto__`, which is as good a key as any.
const msgpack = autobahn.msgpack({ protoAction: 'remove' });

const READ: Readonly<Record<string, (payload: Buffer) => unknown>> = {
  json: (payload) => JSON.parse(fatal.decode(payload)) as unknown,
  msgpack: (payload) => msgpack.decode(payload),
  cbor: (payload) => autobahn.cbor.decodeFirstSync(payload),
};

/** The other CBOR decoder has no form for tags from 2^32 - 1 on, which are as good as any. */
const UNKNOWN_TAG = 'Tag must be a positive integer';

export class Eavesdropper {
  /** How many publications it has heard. */
  heard = 0;
  /** What it could not read, in hexadecimal, and why. */
  readonly malformed: string[] = [];
  readonly #webSocket: BareWebSocket;

  static async join(port: number, serializer: Serializer): Promise<Eavesdropper> {
    const webSocket = await BareWebSocket.open({ port, subprotocol: serializer.subprotocol });
    for (const list of [
      [MessageType.HELLO, REALM, { roles: ALL_ROLES }],
      [MessageType.SUBSCRIBE, 1, { match: 'prefix' }, ''],
    ]) {
      webSocket.send(serializer.encode(fromList(list)), serializer.binary);
    }
    await webSocket.next();
    await webSocket.next();
    return new Eavesdropper(webSocket, READ[serializer.name] ?? ((payload) => payload));
  }

  private constructor(webSocket: BareWebSocket, read: (payload: Buffer) => unknown) {
    this.#webSocket = webSocket;
    void this.#listen(read);
  }

  async leave(): Promise<void> {
    this.#webSocket.socket.end();
    await this.#webSocket.closed;
  }

  async #listen(read: (payload: Buffer) => unknown): Promise<void> {
    for (let next = await this.#webSocket.next(); next !== undefined; next = await this.#webSocket.next()) {
      this.heard += 1;
      const fault = faultIn(next.payload, read);
      if (fault !== undefined) this.malformed.push(`${fault}: ${next.payload.toString('hex')}`);
    }
  }
}

function faultIn(payload: Buffer, read: (payload: Buffer) => unknown): string | undefined {
  try {
    const message = read(payload);
    if (!Array.isArray(message) || message[0] !== MessageType.EVENT) return 'no EVENT';
    // A lenient decoder puts U+FFFD where bytes are no UTF-8. It may be there because it was sent, too.
    const replaced = textIn(message).includes('\ufffd') && !payload.includes('\ufffd');
    return replaced ? 'not UTF-8' : undefined;
  } catch (error) {
    const fault = String(error);
    return fault.includes(UNKNOWN_TAG) ? undefined : fault;
  }
}

/** All strings in it, keys included. */
function textIn(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textIn).join('');
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return '';
  return Object.entries(value)
    .map(([key, item]) => key + textIn(item))
    .join('');
}
