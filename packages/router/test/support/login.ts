/** A client that logs in step by step, and sees what it is told. */
import type { Dict } from '@wamp/protocol';
import type { Router, Underlay } from '@wamp/router';
import { expect } from 'vitest';
import { Client, settle } from './client.ts';

export class Login {
  readonly client: Client;

  constructor(router: Router, underlay: Underlay = {}) {
    this.client = new Client(router, undefined, underlay);
  }

  /** Says HELLO, and returns what comes of it. */
  hello(authmethod: string, details: Dict = {}, realm = 'realm1'): Promise<readonly unknown[]> {
    return this.#exchange([1, realm, { roles: { caller: {} }, authmethods: [authmethod], ...details }]);
  }

  /** Says HELLO, and returns CHALLENGE.Extra. */
  async challenge(authmethod: string, details: Dict = {}): Promise<Dict> {
    const [type, method, extra] = await this.hello(authmethod, details);
    if (type !== 4 || method !== authmethod) throw new Error(`no CHALLENGE: ${JSON.stringify(extra)}`);
    return extra as Dict;
  }

  /** Says AUTHENTICATE, and returns what comes of it. */
  authenticate(signature: string, extra: Dict = {}): Promise<readonly unknown[]> {
    return this.#exchange([5, signature, extra]);
  }

  async #exchange(message: readonly unknown[]): Promise<readonly unknown[]> {
    this.client.send(message);
    return this.heard();
  }

  /** What the router says next: cryptography takes turns of its own. */
  async heard(): Promise<readonly unknown[]> {
    while (this.client.heard.length === 0 && !this.client.closed) await settle();
    return this.client.heard.shift() ?? ['silence'];
  }
}

/** As everybody is told who is not let in (T-25). */
export const DENIED = [3, { message: 'the credentials are not valid' }, 'wamp.error.authentication_denied'];
/** As everybody is told where something went wrong that is no business of theirs. */
/** The service that checks credentials cannot be asked now. */
export const UNAVAILABLE = [
  3,
  { message: 'the service that checks credentials is not available; try again later' },
  'wamp.error.unavailable',
];
export const FAILED = [3, { message: 'authentication failed' }, 'wamp.error.authentication_failed'];

/** WELCOME, with these details among others. */
export function welcomed(details: Dict): readonly unknown[] {
  return [2, expect.any(Number), expect.objectContaining(details)];
}
