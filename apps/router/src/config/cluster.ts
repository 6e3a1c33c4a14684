/** Section `cluster` of the configuration: the other routers with which this one serves the realms. */
import type { NatsOptions } from '@wamp/cluster-nats';
import { LEAST_LEASE } from '@wamp/router';
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import type { Files } from './files.ts';
import { duration, secret, text, textIn, together, type Complain } from './kinds.ts';
import type { RealmConfiguration } from './realms.ts';

/** How the router takes part in a cluster; times in ms. */
export interface ClusterConfiguration {
  readonly name: string;
  readonly node: string;
  readonly nats: Omit<NatsOptions, 'cluster'>;
  readonly deadAfter: number;
  readonly isolated: 'serve' | 'end';
}

const DEFAULT_DEAD_AFTER = 5000;
const LEAST_DEAD_AFTER = 1000;
const TOO_SHORT_TO_END =
  'is too short for isolated: end (NATS may take several seconds until the ledger can be used after one of its servers has ' +
  `failed, and all sessions would end), expected at least ${LEAST_LEASE / 1000}s`;

export function cluster(files: Files): z.ZodType<ClusterConfiguration> {
  const rows = {
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/)
      .meta({ title: 'up to 64 letters, digits, `_` and `-`' })
      .describe('Name of the cluster: the prefix of its subjects at NATS, and the name of its bucket.'),
    node: text('text').describe('Name of this node; no other one of the cluster may have it.'),
    nats: nats(files).describe('The NATS servers that connect the nodes.'),
    dead_after: duration(DEFAULT_DEAD_AFTER).describe(
      `A node of which nothing is heard for so long is declared dead; at least 1s, with \`isolated: end\` ${LEAST_LEASE / 1000}s.`,
    ),
    isolated: z
      .enum(['serve', 'end'])
      .default('serve')
      .describe(
        'What a node does that cannot write the ledger for `dead_after`: `serve` its own clients, or `end` their sessions, ' +
          'so that a procedure of policy `single` never has callees at two nodes (docs/clustering.md).',
      ),
  };
  return together(z.strictObject(rows), ({ dead_after: after, isolated }, complain) => {
    if (after < LEAST_DEAD_AFTER) complain(['dead_after'], 'is too short, expected at least 1s');
    else if (isolated === 'end' && after < LEAST_LEASE) complain(['dead_after'], TOO_SHORT_TO_END);
  })
    .transform(camelKeys)
    .meta({ title: 'a mapping with name, node and nats' });
}

function nats(files: Files): z.ZodType<ClusterConfiguration['nats']> {
  const rows = {
    servers: z
      .array(text('an address such as nats://10.0.0.1:4222'))
      .min(1)
      .meta({ title: 'a list of addresses such as nats://10.0.0.1:4222' })
      .describe('The servers of one NATS cluster, with JetStream.'),
    user: text('text').exactOptional().describe('User to log in as.'),
    password: secret(files).exactOptional().describe('Password of the user.'),
    token: secret(files).exactOptional().describe('Token to log in with, instead of a user.'),
    nkey_seed: secret(files).exactOptional().describe('Seed of an nkey to log in with, instead of a user.'),
    credentials: textIn(files)
      .exactOptional()
      .describe('Credentials file (`.creds`) to log in with, instead of a user.'),
    replicas: z
      .union([z.literal(1), z.literal(3), z.literal(5)])
      .default(3)
      .meta({ title: '1, 3 or 5' })
      .describe('On how many NATS servers claims are kept; with 3, one of them may be lost.'),
    tls: natsTls(files).exactOptional().describe('Encrypts what is exchanged with NATS.'),
  };
  return together(z.strictObject(rows), checkLogin)
    .transform(camelKeys)
    .meta({ title: 'a mapping with servers' });
}

function natsTls(files: Files): z.ZodType<NonNullable<NatsOptions['tls']>> {
  const rows = {
    ca: textIn(files)
      .exactOptional()
      .describe('File with the certificates of those who vouch for the servers (PEM).'),
    certificate: textIn(files).exactOptional().describe('File with the certificate of this node (PEM).'),
    key: textIn(files).exactOptional().describe('File with its private key (PEM).'),
  };
  return together(z.strictObject(rows), ({ certificate, key }, complain) => {
    if ((certificate === undefined) !== (key === undefined))
      complain(
        [certificate === undefined ? 'key' : 'certificate'],
        'needs the other one, expected certificate and key',
      );
  }).meta({ title: 'a mapping for TLS' });
}

function checkLogin(
  { user, password, token, nkey_seed: seed, credentials }: Readonly<Record<string, unknown>>,
  complain: Complain,
): void {
  const ways = [user, token, seed, credentials].filter((way) => way !== undefined);
  if (ways.length > 1)
    complain([], 'has several ways to log in, expected one of user, token, nkey_seed and credentials');
  if (password !== undefined && user === undefined)
    complain(['password'], 'is the password of nobody, expected user');
}

/** What the nodes of a cluster do not do together yet is refused in the realms that they share. */
export function checkShared(
  realms: readonly Pick<RealmConfiguration, 'cluster' | 'webhooks'>[],
  hasStore: boolean,
  complain: Complain,
): void {
  const instead = 'expected none, or cluster: false for this realm';
  realms.forEach(({ cluster: isShared, webhooks }, index) => {
    if (isShared === false) return;
    if (webhooks !== undefined)
      complain(['realms', index, 'webhooks'], `would be called by each node of the cluster, ${instead}`);
  });
  if (hasStore && realms.some(({ cluster: isShared }) => isShared !== false))
    complain(
      ['store'],
      'cannot keep the events of realms that a cluster shares, expected none, or cluster: false for all realms',
    );
}
