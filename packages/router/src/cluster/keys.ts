/** The keys and values of the ledger. */
import { createHash, randomBytes } from 'node:crypto';
import type { InvocationPolicy, MatchPolicy, Uri } from '@wamp/protocol';
import type { NodeId } from './engine.ts';

/** The claim of a node to a registration, as it is written to the ledger. */
export interface ClaimValue {
  readonly epoch: string;
  /** Random; a new one after the node has given the registration up. */
  readonly term: string;
  readonly invoke: InvocationPolicy;
  readonly realm: Uri;
  readonly match: MatchPolicy;
  readonly uri: Uri;
  /** The principal of the first callee. */
  readonly by: ClaimPrincipal;
  /** True when it replaces callees of the same principal. */
  readonly force: boolean;
}

export interface ClaimPrincipal {
  readonly authid: string;
  readonly authrole: string;
}

/** Creates the id of a new run of a node. */
export function newRun(name: string): NodeId {
  return { name, epoch: randomBytes(8).toString('hex') };
}

/** The longest token (characters). A longer one is replaced by a hash of the name. */
const MOST_NAMED = 200;
const LETTER = { exact: 'e', prefix: 'p', wildcard: 'w' } as const;

/** Writes a name as one token of a key: each byte (UTF-8) of a character other than `[A-Za-z0-9_-]` becomes `=XX`. */
export function escaped(name: string): string {
  const token = name.replace(/[^A-Za-z0-9_-]/gu, (character) =>
    [...new TextEncoder().encode(character)]
      .map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
  if (token.length <= MOST_NAMED) return token === '' ? '=' : token;
  return `=h${createHash('sha256').update(name).digest('hex')}`;
}

/** The key of a registration, without the node that claims it. */
export function registrationKey(realm: Uri, match: MatchPolicy, uri: Uri): string {
  return `r.${escaped(realm)}.${LETTER[match]}.${escaped(uri)}`;
}

export function valueBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Parses the value of an entry. @returns undefined unless it is an object */
export function valueOf(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
