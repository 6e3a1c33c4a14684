/** The keys and values of the ledger. */
import { createHash, randomBytes } from 'node:crypto';
import type { InvocationPolicy, MatchPolicy, Uri } from '@wamp/protocol';
import type { NodeId } from './engine.ts';

/** What a node claims of a registration. */
export interface ClaimValue {
  readonly epoch: string;
  /** Random, for each unbroken holding. */
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

/** A run of a node that begins now. */
export function newRun(name: string): NodeId {
  return { name, epoch: randomBytes(8).toString('hex') };
}

/** A longer name is represented by its hash. */
const MOST_NAMED = 200;
const LETTER = { exact: 'e', prefix: 'p', wildcard: 'w' } as const;

/** A name as one token of a key or subject: whatever is not `[A-Za-z0-9_-]` becomes `=XX` for each byte of its UTF-8. */
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

/** The value of an entry, an object; undefined for anything else. */
export function valueOf(bytes: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
