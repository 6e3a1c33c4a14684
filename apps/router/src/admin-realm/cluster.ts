/** The cluster of which the router is a node: the other nodes, the links to them, and what nodes claim. */
import { ApplicationError, ErrorUri, type Dict } from '@wamp/protocol';
import type { ClaimStatus, Cluster } from '@wamp/router';
import { z } from 'zod';
import { snakeCase } from '../config/camel-keys.ts';
import { MOST_ENTRIES, procedure, type Procedure } from './procedure.ts';
import { partOf } from './sorted.ts';
import { realmCalled, type AdminSurroundings } from './surroundings.ts';

/** @param ownRealm name of the admin realm */
export function clusterProcedures(around: AdminSurroundings, ownRealm: string): readonly Procedure[] {
  const takes = {
    realm: z.string().optional(),
    uri: z.string().optional(),
    skip: z.int().min(0).default(0),
    limit: z.int().min(1).max(MOST_ENTRIES).default(100),
  };
  return [
    procedure('cluster.status', {}, () => statusOf(clusterOf(around))),
    procedure('cluster.claims', takes, async ({ realm, uri, ...part }) => {
      const { entries, matched, next } = await partOf(
        realmCalled(around, ownRealm),
        numbered(clusterOf(around).claimed()),
        {
          ...part,
          descending: false,
          keyOf: ({ claim }) => `${claim.realm} ${claim.procedure} ${claim.match}`,
          isMeant: ({ claim }) =>
            (realm === undefined || claim.realm === realm) &&
            (uri === undefined || claim.procedure.includes(uri)),
        },
      );
      return { total: matched, claims: entries.map(lineOf), next };
    }),
  ];
}

/** @throws ApplicationError for a router on its own */
function clusterOf({ router: { cluster } }: AdminSurroundings): Cluster {
  if (cluster !== undefined) return cluster;
  throw new ApplicationError(ErrorUri.FEATURE_NOT_SUPPORTED, ['the router is no node of a cluster']);
}

function statusOf(cluster: Cluster): Dict {
  const { members, ...own } = cluster.status();
  return { ...own, members: members.map(snaked) };
}

function snaked(member: object): Dict {
  return Object.fromEntries(Object.entries(member).map(([key, value]) => [snakeCase(key), value as unknown]));
}

interface Numbered {
  readonly id: number;
  readonly claim: ClaimStatus;
}

function* numbered(claims: Iterable<ClaimStatus>): Generator<Numbered, void> {
  let id = 0;
  for (const claim of claims) yield { id: (id += 1), claim };
}

function lineOf({ claim: { realm, procedure: uri, match, invoke, nodes } }: Numbered): Dict {
  return { realm, uri, match, invoke, nodes: [...nodes] };
}
