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
export function valueOf(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return isDict(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Parses the value of a claim. @returns undefined for a value that no node has written */
export function claimIn(bytes: Uint8Array): ClaimValue | undefined {
  const value: unknown = valueOf(bytes);
  return isClaim(value) ? value : undefined;
}

function isClaim(value: unknown): value is ClaimValue {
  if (!isDict(value)) return false;
  const { epoch, term, invoke, realm, match, uri, by, force } = value;
  const texts = [term, invoke, realm, uri, ...(isDict(by) ? [by['authid'], by['authrole']] : [undefined])];
  const isMatch = typeof match === 'string' && Object.hasOwn(LETTER, match);
  return isEpoch(epoch) && isMatch && texts.every(isText) && typeof force === 'boolean';
}

/** Whether a value is the epoch of a run. */
export function isEpoch(value: unknown): value is string {
  return isText(value) && /^[0-9a-f]{16}$/.test(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isDict(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
