/** Computes ids of registrations and subscriptions that are the same at all nodes of a cluster. */
import { createHash } from 'node:crypto';
import { nextId, type Id, type MatchPolicy, type Uri } from '@wamp/protocol';
import type { RouterId } from '../core/router-id.ts';

/** The first 53 bits of SHA-256 over kind, realm, policy and URI; never 0. */
export function patternId(kind: Parameters<RouterId>[0], realm: Uri, match: MatchPolicy, uri: Uri): Id {
  const hash = createHash('sha256')
    .update(JSON.stringify([kind, realm, match, uri]))
    .digest();
  return Number(hash.readBigUInt64BE(0) >> 11n) || 1;
}

/** Assigns the ids of a realm. If another pattern has the id already, the next free one is used. */
export function patternIds(realm: Uri): RouterId {
  return (kind, match, uri, isTaken) => {
    let id = patternId(kind, realm, match, uri);
    while (isTaken(id)) id = nextId(id);
    return id;
  };
}
