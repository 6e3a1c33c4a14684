/** Opens a session of @wamp/client from settings. */
import {
  connect,
  json,
  webSocket,
  type ConnectOptions,
  type Serializer,
  type Session,
  type TlsOptions,
  type TransportFactory,
} from '@wamp/client';
import type { Io } from '../io/io.ts';
import { readPrivate, readSmall } from '../profile/folder.ts';
import { authenticator } from './auth.ts';
import type { SerializerName, TransportName } from './options.ts';
import type { Settings } from './settings.ts';

/** Milliseconds. */
const CONNECT_TIMEOUT = 10_000;

/** Options besides the settings. */
export interface Opening {
  readonly io: Io;
  /** Aborts connecting. */
  readonly signal: AbortSignal;
  /** Whether to reconnect when the connection is lost. */
  readonly comesBack?: boolean;
  /** Receives errors that no promise rejects with. */
  readonly note: (text: string) => void;
}

/** @throws Failure, ConnectError, and the reason of the signal */
export async function openSession(settings: Settings, opening: Opening): Promise<Session> {
  const open = await prepared(settings, opening);
  const session = await open();
  if (opening.comesBack !== true) return session;
  session.on('lost', ({ message }) => opening.note(`the connection was lost: ${message}`));
  session.on('open', ({ resumed }) => {
    if (resumed) opening.note(`reconnected to ${settings.url}`);
  });
  return session;
}

/** Opens several sessions with the same settings: secrets are read once. */
export async function prepared(
  settings: Settings,
  { io, signal, note, comesBack = false }: Opening,
): Promise<() => Promise<Session>> {
  const auth = await authenticator(settings, io);
  warnOfPlainTickets(settings, note);
  const options: ConnectOptions = {
    realm: settings.realm,
    auth,
    serializers: [await serializerOf(settings.serializer)],
    transport: await transportFor(settings),
    connectTimeout: settings.connectTimeout ?? CONNECT_TIMEOUT,
    signal,
    reconnect: comesBack,
    logger: { error: (...said: readonly unknown[]) => note(said.map(String).join(' ')) },
  };
  return () => connect(settings.url, options);
}

/** A ticket is transmitted in clear text. */
function warnOfPlainTickets({ auth, url }: Settings, note: (text: string) => void): void {
  const { protocol, hostname } = new URL(url);
  const isPlain = /^(ws|http|rs|tcp):$/.test(protocol);
  const isNear = /^(localhost|127(\.\d+){3}|\[::1\]|unix)$/.test(hostname);
  if (auth === 'ticket' && isPlain && !isNear)
    note(`the ticket is sent to ${hostname} unencrypted: use wss:`);
}

async function serializerOf(name: SerializerName = 'json'): Promise<Serializer> {
  if (name === 'msgpack') return (await import('@wamp/client/msgpack')).msgpack;
  if (name === 'cbor') return (await import('@wamp/client/cbor')).cbor;
  return json;
}

async function transportFor(settings: Settings): Promise<TransportFactory> {
  const tls = tlsOf(settings);
  const kind = settings.transport ?? kindOf(settings.url);
  if (kind === 'longpoll') return (await import('@wamp/client/longpoll')).longPoll();
  if (kind === 'rawsocket') {
    const { rawSocket } = await import('@wamp/client/rawsocket');
    return rawSocket(tls === undefined ? {} : { tls });
  }
  return webSocket(tls === undefined ? {} : { tls });
}

function kindOf(url: string): TransportName {
  return /^(rss?|tcps?|tls|unix):/.test(url) ? 'rawsocket' : 'websocket';
}

function tlsOf({ ca, cert, key, insecure, channelBinding }: Settings): TlsOptions | undefined {
  const needed = ca ?? cert ?? key ?? insecure ?? channelBinding;
  if (needed === undefined) return undefined;
  return {
    ...(ca !== undefined && { ca: readSmall(ca, 'certificate file') }),
    ...(cert !== undefined && { cert: readSmall(cert, 'certificate file') }),
    ...(key !== undefined && { key: readPrivate(key, 'key file') }),
    ...(insecure === true && { rejectUnauthorized: false }),
  };
}
