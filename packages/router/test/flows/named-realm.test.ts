/** DYN-1: a procedure names the realm that its client joins; on two nodes of a cluster as well. */
import { permissions, ticket, type RouterOptions } from '@wamp/router';
import { converse, type PeerOptions } from '@wamp/router/testing';
import { describe, test } from 'vitest';

const CLERKS = permissions({
  roles: { clerk: { permissions: [{ uri: 'com.*', allow: ['call', 'register'] }] } },
});
const PROCEDURE = { procedure: 'com.auth', realm: 'backstage' };
const OUTSIDE: PeerOptions = { realm: 'backstage' };

/** A realm `front` whose procedure may name `realms`, and the realms that it may name or not. */
function behind(realms: readonly string[] | undefined): Partial<RouterOptions> {
  return {
    realms: [
      { name: 'front', authenticators: [ticket({ ...PROCEDURE, realms })] },
      'backstage',
      { name: 'com.acme', authenticators: [], authorizer: CLERKS },
      'com.other',
    ],
    realmTemplates: [{ uri: 'com.tenant.*', authenticators: [], authorizer: CLERKS }],
  };
}

/** From HELLO to the answer of the procedure. */
function login(answer: object): string {
  return `
    backend → [64, 1, {}, "com.auth"]
    backend ← [65, 1, $registration]
    client → [1, "front", {"roles": {"caller": {}}, "authmethods": ["ticket"], "authid": "joe"}]
    client ← [4, "ticket", {}]
    client → [5, "token", {}]
    backend ← [68, 1, $registration, {...}, ["front", "joe", {"ticket": "token", ...}]]
    backend → [70, 1, {}, [${JSON.stringify(answer)}]]
  `;
}

const FAULT = { faults: true };

describe('DYN-1 a procedure that names a realm', () => {
  const peers = { backend: OUTSIDE, client: { joins: false }, colleague: { joins: false } };

  test('puts the client there: WELCOME names the realm, and the session is in no other', () =>
    converse(
      `
      ${login({ role: 'clerk', realm: 'com.acme' })}
      client ← [2, $client, {"realm": "com.acme", "authid": "joe", "authrole": "clerk", ...}]
      client → [48, 1, {}, "wamp.session.count"]
      client ← [8, 48, 1, {...}, "wamp.error.not_authorized", *]
      client → [48, 2, {}, "com.nothing"]
      client ← [8, 48, 2, {}, "wamp.error.no_such_procedure"]
      backend → [48, 2, {}, "wamp.session.count"]
      backend ← [50, 2, {}, [1]]
    `,
      { router: behind(['com.acme']), peers },
    ));

  test('by a pattern puts it into a realm on demand, which is created then', () =>
    converse(
      `
      ${login({ role: 'clerk', realm: 'com.tenant.joe' })}
      client ← [2, *, {"realm": "com.tenant.joe", "authrole": "clerk", ...}]
    `,
      { router: behind(['com.tenant.*']), peers },
    ));

  test.each([
    ['that its option does not list', ['com.acme'], 'com.other'],
    ['without the option', undefined, 'com.acme'],
    ['below wamp', ['*.admin', 'com.*'], 'wamp.admin'],
    ['of no valid name', ['com.*'], 'com..x y'],
  ])('%s is a fault: the client is refused', (_what, realms, realm) =>
    converse(
      `
      ${login({ role: 'clerk', realm })}
      client ← [3, {"message": "authentication failed"}, "wamp.error.authentication_failed"]
    `,
      { router: behind(realms), peers, ...FAULT },
    ),
  );

  test.each(['front', null])('that names %s leaves the client in the realm of HELLO', (realm) =>
    converse(
      `
      ${login({ role: 'clerk', realm })}
      client ← [2, *, {"realm": "front", ...}]
    `,
      { router: behind(undefined), peers },
    ),
  );

  test.each([
    ['that does not exist', 'com.nowhere', 'clerk', 'wamp.error.no_such_realm'],
    ['that lacks the role', 'com.acme', 'boss', 'wamp.error.no_such_role'],
    ['of a template that lacks the role', 'com.tenant.joe', 'boss', 'wamp.error.no_such_role'],
  ])('%s is refused with words', (_what, realm, role, uri) =>
    converse(
      `
      ${login({ role, realm })}
      client ← [3, {"message": *}, "${uri}"]
      backend → [48, 2, {}, "wamp.session.count"]
      backend ← [50, 2, {}, [1]]
    `,
      { router: behind(['com.*']), peers, ...FAULT },
    ),
  );
});
