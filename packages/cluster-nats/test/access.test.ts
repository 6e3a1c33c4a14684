/** NATS servers that ask who a router is, permit no more than is needed, and encrypt. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouter } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { natsEngine, type NatsOptions } from '../src/index.ts';
import { NatsServers, whyNoNats } from './support/nats-servers.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

/** A server that permits its user `router` these subjects. */
function permitting(subjects: readonly string[]): Promise<NatsServers> {
  const list = subjects.map((subject) => JSON.stringify(subject)).join(', ');
  return NatsServers.startWith(`
authorization {
  users: [{ user: router, password: secret, permissions: { publish: [${list}], subscribe: [${list}] } }]
}`);
}

/** Starts two routers, of which one calls the other. */
async function callAcross(servers: NatsServers, options: Partial<NatsOptions>): Promise<unknown> {
  const routers = ['a', 'b'].map((node) => {
    const engine = natsEngine({ cluster: 'prod', servers: servers.urls, replicas: 1, ...options });
    return createRouter({ realms: ['realm1'], cluster: { node, engine } });
  });
  try {
    for (const router of routers) await router.start();
    const [caller, callee] = routers.map((router) => router.join('realm1'));
    await callee?.register('com.echo', ({ args }) => ({ args }));
    return (await caller?.call('com.echo', ['x']))?.args;
  } finally {
    for (const router of routers) await router.close();
  }
}

const LOGIN = { user: 'router', password: 'secret' };
const NEEDED = ['prod.>', '$JS.API.>', '$KV.prod.>', '_INBOX.>'];

describe.skipIf(missing !== undefined)('S2 access to NATS', () => {
  test('S2 the permissions that the documentation names are enough', async () => {
    const servers = await permitting(NEEDED);
    try {
      await expect(callAcross(servers, LOGIN)).resolves.toEqual(['x']);
    } finally {
      await servers.stop();
    }
  });

  test.each(['prod.>', '$KV.prod.>', '$JS.API.>'])(
    'S2 without %s the node says what is missing',
    async (subject) => {
      const servers = await permitting(NEEDED.filter((other) => other !== subject));
      try {
        await expect(callAcross(servers, LOGIN)).rejects.toThrow(/permissions violation/i);
      } finally {
        await servers.stop();
      }
    },
  );

  test('S2 a wrong password is refused at once', async () => {
    const servers = await permitting(NEEDED);
    try {
      await expect(callAcross(servers, { ...LOGIN, password: 'wrong' })).rejects.toThrow(
        /cannot use NATS at .*authori/i,
      );
    } finally {
      await servers.stop();
    }
  });

  test('S2 TLS, with the certificate of the authority, and without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wamp-tls-'));
    const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
    const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', certificate, ...names], {
      stdio: 'ignore',
    });
    const servers = await NatsServers.startWith(`tls { cert_file: "${certificate}", key_file: "${key}" }`);
    try {
      const ca = readFileSync(certificate, 'utf8');
      // By a name: for an address, the client of NATS looks for another name in the certificate.
      const named = servers.urls.map((url) => url.replace('127.0.0.1', 'localhost'));
      await expect(callAcross(servers, { servers: named, tls: { ca } })).resolves.toEqual(['x']);
      await expect(callAcross(servers, { servers: named, tls: {} })).rejects.toThrow(/certificate/i);
    } finally {
      await servers.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
