/** npm autobahn, one connection at a time; its declared types lack what 26.x has. */
import autobahn from 'autobahn';
import { NodeWebSocket } from './node-web-socket.ts';
import { REALM } from './router.ts';
import type { SerializerName } from './serializers.ts';

declare module 'autobahn' {
  interface Serializer {
    readonly SERIALIZER_ID: string;
  }
  const serializer: Readonly<
    Record<'JSONSerializer' | 'MsgpackSerializer' | 'CBORSerializer', new () => Serializer>
  >;
  interface ILog {
    warn(...args: unknown[]): void;
  }
  /** Its decoders, which share nothing with ours. */
  function msgpack(options: { protoAction: 'remove' }): { decode(bytes: Buffer): unknown };
  const cbor: { decodeFirstSync(bytes: Buffer): unknown };
  interface IConnectionOptions {
    serializers?: Serializer[];
  }
  const auth_cryptosign: {
    sign_challenge(
      key: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array },
      extra: { readonly challenge: string },
    ): string;
  };
  interface IInvocation {
    caller_authid?: string;
    caller_authrole?: string;
  }
  interface IEvent {
    publisher_authid?: string;
    publisher_authrole?: string;
  }
  interface IRegisterOptions {
    match?: string;
  }
}

/** What `call` returns, besides a promise. */
export interface Cancelable {
  cancel(options?: { mode: 'skip' | 'kill' | 'killnowait' }): void;
}

export interface AutobahnPeer {
  readonly session: autobahn.Session;
  /** What WELCOME said. */
  readonly welcome: Readonly<Record<string, unknown>>;
  /** What went wrong inside of the library, or in a handler. */
  readonly errors: readonly unknown[];
  /** Resolves with the reason when the connection is gone. */
  readonly closed: Promise<string>;
  close(): Promise<void>;
}

const SERIALIZER_CLASS = {
  json: 'JSONSerializer',
  msgpack: 'MsgpackSerializer',
  cbor: 'CBORSerializer',
} as const;

/** Resolves once joined; rejects with the reason if that is refused. */
export function joinAutobahn(
  url: string,
  serializer: SerializerName,
  options: Partial<autobahn.IConnectionOptions> = {},
): Promise<AutobahnPeer> {
  // It writes what it does to the console.
  autobahn.log.warn = () => undefined;
  // The library takes the global one and no other.
  (globalThis as { WebSocket?: typeof WebSocket }).WebSocket ??= NodeWebSocket;
  const errors: unknown[] = [];
  const note = (error: unknown): void => {
    errors.push(error);
  };
  const connection = new autobahn.Connection({
    url,
    realm: REALM,
    serializers: [new autobahn.serializer[SERIALIZER_CLASS[serializer]]()],
    max_retries: 0,
    retry_if_unreachable: false,
    on_user_error: note,
    on_internal_error: note,
    ...options,
  });
  return new Promise((resolve, reject) => {
    const closed = new Promise<string>((resolveClosed) => {
      connection.onclose = (reason, details: { reason: string | null }) => {
        reject(new Error(details.reason ?? reason));
        resolveClosed(details.reason ?? reason);
        return true;
      };
    });
    connection.onopen = (session, welcome: Readonly<Record<string, unknown>>) => {
      const close = async (): Promise<void> => {
        if (connection.isConnected) connection.close();
        await closed;
      };
      resolve({ session, welcome, errors, closed, close });
    };
    connection.open();
  });
}

export { autobahn };
