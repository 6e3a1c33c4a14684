/** An inquiry: who wants to come in, and who that turns out to be. */
import type { Dict, Hello } from '@wamp/protocol';
import type { JoinInfo } from './authenticator.ts';

/** Who a client is once it has proved it. */
export interface Identity {
  readonly authrole: string;
  /** The authid that the session gets; by default the one that the client came with. */
  readonly authid?: string | undefined;
  /** For the client, in WELCOME.Details.authextra. */
  readonly authextra?: Dict | undefined;
}

/** Who wants to come in, and how. None of it is proved. */
export interface Inquiry extends JoinInfo {
  readonly authmethod: string;
  /** As claimed in HELLO. */
  readonly authid: string | undefined;
  /** HELLO.Details.authextra. */
  readonly authextra: Dict;
}

/** What HELLO and the connection tell. */
export function inquiryOf({ details }: Hello, info: JoinInfo, authmethod: string): Inquiry {
  return { ...info, authmethod, authid: details.authid, authextra: details.authextra ?? {} };
}

/** @throws TypeError for what is no identity */
export function checkIdentity(
  identity: Partial<Record<keyof Identity, unknown>>,
): asserts identity is Identity {
  expect(typeof identity === 'object', 'credentials are an object');
  const { authrole, authid, authextra } = identity;
  expect(isName(authrole), 'authrole: expected a name');
  expect(authid === undefined || isName(authid), 'authid: expected a name');
  expect(
    authextra === undefined || (typeof authextra === 'object' && authextra !== null),
    'authextra: expected an object',
  );
}

/** @throws TypeError when the condition does not hold */
export function expect(condition: boolean, fault: string): asserts condition {
  if (!condition) throw new TypeError(fault);
}

/** True for a text that is not empty. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** True for an integer from 1 to `most`. */
export function isCount(value: unknown, most: number = Number.MAX_SAFE_INTEGER): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most;
}
