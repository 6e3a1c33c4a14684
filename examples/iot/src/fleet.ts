/** The router of the fleet: each device has a key of its own, and rights to its own topics only. */
import { generateKeyPairSync } from 'node:crypto';
import { startRouter, type Running } from '@wamp/example-support';
import { cryptosign, permissions, ticket } from '@wamp/router';

export interface DeviceKey {
  readonly authid: string;
  /** Ed25519 seed, in hex. */
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Keys for so many devices: `d0`, `d1` … */
export function makeKeys(count: number): readonly DeviceKey[] {
  return Array.from({ length: count }, (_, number) => {
    // Encoded at once: Node 20 can hang when it exports a generated key as a JWK. The last 32 octets are the key (RFC 8410).
    const { privateKey, publicKey } = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'der' },
      publicKeyEncoding: { type: 'spki', format: 'der' },
    });
    const hex = (der: Buffer): string => der.subarray(-32).toString('hex');
    return { authid: `d${number}`, privateKey: hex(privateKey), publicKey: hex(publicKey) };
  });
}

export function startFleetRouter(keys: readonly DeviceKey[], port?: number): Promise<Running> {
  const devices = new Map(
    keys.map(({ authid, publicKey }) => [authid, { authorizedKeys: [publicKey], authrole: 'device' }]),
  );
  const operators = new Map([['operator', { ticket: 'let-me-look', authrole: 'operator' }]]);
  const authorizer = permissions({
    roles: {
      device: {
        permissions: [
          { uri: 'fleet.{authid}.*', allow: ['publish', 'register'] },
          { uri: 'wamp.session.add_testament', allow: ['call'] },
        ],
      },
      operator: { permissions: [{ uri: 'fleet.*', allow: ['call', 'subscribe'] }] },
    },
  });
  return startRouter({
    realms: [{ name: 'fleet', authenticators: [cryptosign(devices), ticket(operators)], authorizer }],
    // All devices begin at once, on the machine of the router: on a busy one, a log-in takes longer than the usual 5 s.
    limits: { helloTimeout: 60_000, authenticateTimeout: 60_000 },
    port,
  });
}
