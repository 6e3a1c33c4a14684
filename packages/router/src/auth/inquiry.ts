/** An inquiry: the unproved claims of a client, and the identity that it is given. */
import type { Dict, Hello, Uri } from '@wamp/protocol';
import { expect } from '../expect.ts';
import type { JoinInfo } from './authenticator.ts';

/** The identity of a client that has been authenticated. */
export interface Identity {
  readonly authrole: string;
  /** The authid of the session; by default the one that the client claimed. */
  readonly authid?: string | undefined;
  /** WELCOME.Details.authextra. */
  readonly authextra?: Dict | undefined;
  /**
   * The realm that the session joins; by default the one in HELLO. Another one must be among {@link Authenticator.realms},
   * and there the role must exist.
   */
  readonly realm?: Uri | undefined;
}

/** What a client claims in HELLO. None of it is proved. */
export interface Inquiry extends JoinInfo {
  readonly authmethod: string;
  /** As claimed in HELLO. */
  readonly authid: string | undefined;
  /** HELLO.Details.authextra. */
  readonly authextra: Dict;
}

/** Collects the claims of HELLO and the facts of the connection. */
export function inquiryOf({ details }: Hello, info: JoinInfo, authmethod: string): Inquiry {
  return { ...info, authmethod, authid: details.authid, authextra: details.authextra ?? {} };
}

/** @throws TypeError for an invalid identity */
export function checkIdentity(
  identity: Partial<Record<keyof Identity, unknown>>,
): asserts identity is Identity {
  expect(typeof identity === 'object', 'credentials: expected an object');
  const { authrole, authid, authextra, realm } = identity;
  expect(isName(authrole), 'authrole: expected a name');
  expect(authid === undefined || isName(authid), 'authid: expected a name');
  expect(
    authextra === undefined || (typeof authextra === 'object' && authextra !== null),
    'authextra: expected an object',
  );
  expect(realm === undefined || isName(realm), 'realm: expected the name of a realm');
}

/** True for a non-empty string. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** True for an integer from 1 to `most`. */
export function isCount(value: unknown, most: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}
