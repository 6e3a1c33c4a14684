/** Ids of registrations and subscriptions that all nodes of a cluster compute alike. */
import { createHash } from 'node:crypto';
import { nextId, type Id, type MatchPolicy, type Uri } from '@wamp/protocol';
import type { RouterId } from '../core/router-id.ts';

/** 53 bits of SHA-256 over what it is the id of; never 0. */
export function patternId(kind: Parameters<RouterId>[0], realm: Uri, match: MatchPolicy, uri: Uri): Id {
  const hash = createHash('sha256')
    .update(JSON.stringify([kind, realm, match, uri]))
    .digest();
  return Number(hash.readBigUInt64BE(0) >> 11n) || 1;
}

/** The ids of a realm; where another pattern has an id already, the next one. */
export function patternIds(realm: Uri): RouterId {
  return (kind, match, uri, isTaken) => {
    let id = patternId(kind, realm, match, uri);
    while (isTaken(id)) id = nextId(id);
    return id;
  };
}
