/** Opens connections to NATS with the settings that a cluster of routers needs. */
import {
  connect,
  credsAuthenticator,
  nkeyAuthenticator,
  type Authenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import type { NatsOptions } from './options.ts';

/** For how long the first connection is attempted, and the pause between attempts (ms). */
const PATIENCE = 15_000;
const PAUSE = 250;
/** The oldest version of nats-server whose JetStream meets the needs of the ledger. */
const OLDEST: readonly [number, number] = [2, 9];
/** The smallest `max_payload` of a server that is accepted (bytes). */
const SMALLEST_PAYLOAD = 64 * 1024;

/**
 * Attempts to connect for 15 seconds. The connection then reconnects whenever it is lost. A server that does not respond is
 * abandoned after two seconds; because of `timeout`, that applies to attempts to reconnect, too.
 * @throws Error that says why it cannot connect
 */
export async function connectTo(
  options: NatsOptions,
  name: string,
  isWanted: () => boolean,
): Promise<NatsConnection> {
  const wanted: NodeConnectionOptions = {
    servers: [...options.servers],
    name,
    ...credentialsOf(options),
    ...tlsOf(options),
    noEcho: true,
    timeout: 1000,
    pingInterval: 1000,
    maxPingOut: 2,
    reconnectTimeWait: 100,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
  };
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      const connection = await connect(wanted);
      await refuseUnfit(connection);
      return connection;
    } catch (error) {
      if (error instanceof Unfit || Date.now() >= end || isFinal(error) || !isWanted()) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`cannot use NATS at ${options.servers.join(', ')}: ${why}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

class Unfit extends Error {}

async function refuseUnfit(connection: NatsConnection): Promise<void> {
  const { version = '0.0.0', max_payload = 0 } = connection.info ?? {};
  const [major = 0, minor = 0] = version.split('.').map(Number);
  let why: string | undefined;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    why = `its version is ${version}; nats-server ${OLDEST.join('.')} or later is needed`;
  else if (max_payload < SMALLEST_PAYLOAD)
    why = `its max_payload is ${max_payload} bytes; set at least ${SMALLEST_PAYLOAD} in its configuration`;
  if (why === undefined) return;
  await connection.close();
  throw new Unfit(why);
}

/** Whether another attempt would fail for the same reason. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof Error && /authorization|authentication|certificate|self.signed|tls/i.test(error.message)
  );
}

function credentialsOf(options: NatsOptions): Partial<NodeConnectionOptions> {
  const { user, password, token, nkeySeed, credentials } = options;
  if (credentials !== undefined) return { authenticator: signing(credsAuthenticator, credentials) };
  if (nkeySeed !== undefined) return { authenticator: signing(nkeyAuthenticator, nkeySeed.trim()) };
  if (token !== undefined) return { token };
  return { ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { pass: password }) };
}

function signing(make: (secret: Uint8Array) => Authenticator, secret: string): Authenticator {
  return make(new TextEncoder().encode(secret));
}

function tlsOf({ tls }: NatsOptions): Partial<NodeConnectionOptions> {
  if (tls === undefined) return {};
  const { ca, certificate, key } = tls;
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined ? {} : { cert: certificate }),
      ...(key === undefined ? {} : { key }),
    },
  };
}
