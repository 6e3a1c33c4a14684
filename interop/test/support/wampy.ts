/** npm wampy, one connection at a time. */
import { Wampy } from 'wampy';
import { CborSerializer } from 'wampy/CborSerializer.js';
import { JsonSerializer } from 'wampy/JsonSerializer.js';
import { MsgpackSerializer } from 'wampy/MsgpackSerializer.js';
import { NodeWebSocket } from './node-web-socket.ts';
import { REALM } from './router.ts';
import type { SerializerName } from './serializers.ts';

type WampyOptions = ReturnType<Wampy['getOptions']>;

export interface WampyPeer {
  readonly wampy: Wampy;
  /** What WELCOME said. */
  readonly welcome: Readonly<Record<string, unknown>>;
  /** What the library reported through `onError`. */
  readonly errors: readonly Error[];
  close(): Promise<void>;
}

const SERIALIZER = { json: JsonSerializer, msgpack: MsgpackSerializer, cbor: CborSerializer } as const;

/** Resolves once joined. */
export async function joinWampy(
  url: string,
  serializer: SerializerName,
  options: Partial<WampyOptions> = {},
): Promise<WampyPeer> {
  const errors: Error[] = [];
  const wampy = new Wampy(url, {
    realm: REALM,
    ws: NodeWebSocket,
    serializer: new SERIALIZER[serializer](),
    autoReconnect: false,
    uriValidation: 'loose',
    onError: (error) => {
      errors.push(error);
    },
    ...options,
  });
  const welcome = await wampy.connect();
  return {
    wampy,
    welcome,
    errors,
    close: async () => {
      wampy.setOptions({ autoReconnect: false });
      await wampy.disconnect();
    },
  };
}
