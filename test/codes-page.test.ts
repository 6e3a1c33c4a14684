/** Writes docs/codes.md, the errors and log codes, from the sources: `npx vitest run test/codes-page.test.ts -u`. */
import { expect, test } from 'vitest';
import { CODES } from '../apps/router/src/log-codes.ts';
import { CloseUri, ErrorUri } from '../packages/protocol/src/index.ts';

/** What each URI means; what is not explained here fails the test. */
const MEANINGS: Readonly<Record<string, string>> = {
  'wamp.close.close_realm': 'a session leaves its realm',
  'wamp.close.goodbye_and_out': 'the answer to a GOODBYE',
  'wamp.close.killed': 'an operator, or a session that may, has ended the session',
  'wamp.close.system_shutdown': 'the router shuts down; clients connect again later',
  'wamp.error.authentication_denied': 'the credentials are wrong; so is an unknown user',
  'wamp.error.authentication_failed':
    'the credentials could not be checked: something is broken, or the client took too long',
  'wamp.error.authentication_required': 'the router requires an authentication that was not offered',
  'wamp.error.authorization_failed': 'no decision could be made, such as when the authorizer is not there',
  'wamp.error.canceled': 'the call was canceled',
  'wamp.error.feature_not_supported': 'the peer has not announced the feature',
  'wamp.error.internal_error': 'a fault of the router; please report it',
  'wamp.error.invalid_argument': 'the procedure does not take such arguments',
  'wamp.error.invalid_payload': 'the serializer of the receiver cannot write a value',
  'wamp.error.invalid_uri': 'not a valid URI, or one that the router keeps for itself',
  'wamp.error.limit_exceeded': 'a limit was met; the message names it',
  'wamp.error.network_failure': 'the connection was lost, or could not be made',
  'wamp.error.no_available_callee': 'every callee of the procedure has declined: try later',
  'wamp.error.no_matching_auth_method': 'the client offers no method that the realm has',
  'wamp.error.no_such_principal': 'there is no such user',
  'wamp.error.no_such_procedure': 'nobody has registered it; its service may be starting',
  'wamp.error.no_such_realm': 'the router has no such realm',
  'wamp.error.no_such_registration': 'the session has no such registration, or there is none with this id',
  'wamp.error.no_such_role': 'there is no such role',
  'wamp.error.no_such_session': 'there is no session with this id',
  'wamp.error.no_such_subscription': 'the session has no such subscription, or there is none with this id',
  'wamp.error.not_authorized': 'the role may not do this',
  'wamp.error.option_disallowed.disclose_me': 'the realm does not disclose callers and publishers',
  'wamp.error.option_not_allowed': 'the option is not permitted here',
  'wamp.error.payload_size_exceeded': 'the message is longer than the other side accepts',
  'wamp.error.procedure_already_exists': 'another session has registered it, or with another policy',
  'wamp.error.protocol_violation': 'the peer broke the protocol; its session ends',
  'wamp.error.runtime_error': 'the procedure threw something that is not an error of WAMP',
  'wamp.error.slow_consumer': 'the client read too slowly; its session ends',
  'wamp.error.timeout': 'the call took longer than its timeout',
  'wamp.error.unavailable':
    'the callee, the router, or the service that checks credentials is overloaded or not there: try later',
};

/** What stands as code, so that a table does not end in it. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, at) => Math.max(3, ...all.map((row) => (row[at] ?? '').length)));
  const line = (row: readonly string[], fill: string): string =>
    `| ${row.map((text, at) => text.padEnd(widths[at] ?? 0, fill)).join(' | ')} |`;
  const [first = [], ...rest] = all;
  return [
    line(first, ' '),
    line(
      head.map(() => ''),
      '-',
    ),
    ...rest.map((row) => line(row, ' ')),
  ].join('\n');
}

function page(): string {
  const uris = [...Object.values(ErrorUri), ...Object.values(CloseUri)].sort();
  return `# Error and log codes

This page is generated from the sources: \`npx vitest run test/codes-page.test.ts -u\` writes it anew.

## Errors

The URIs of ERROR, ABORT and GOODBYE, which the client has as \`error.uri\`. The message of an error says what failed. Applications have URIs of
their own, which the router passes on.

${table(
  ['URI', 'means'],
  uris.map((uri) => [`\`${uri}\``, MEANINGS[uri] ?? '']),
)}

## Log codes

Each entry of the router's log has a stable \`code\`. Level \`health\` marks the reasons of \`/health/ready\`. \`wamp-router explain CODE\` prints the same.

${table(
  ['code', 'level', 'means'],
  Object.entries(CODES)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, { level, means }]) => [`\`${code}\``, level, means]),
)}
`;
}

test('docs/codes.md explains every error URI and every code of the log', async () => {
  const uris = [...Object.values(ErrorUri), ...Object.values(CloseUri)];
  expect(Object.keys(MEANINGS).sort()).toEqual([...uris].sort());
  await expect(page()).toMatchFileSnapshot('../docs/codes.md');
  expect(page()).not.toMatch(/\| +\|$/m);
});
