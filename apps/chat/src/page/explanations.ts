/** What an error means to the user. */
import { WampError } from '@wamp/client';

export function explain(error: unknown): string {
  if (WampError.is(error) && error.uri.startsWith('chat.')) {
    const [text] = error.args;
    return typeof text === 'string' ? text : error.uri;
  }
  if (WampError.is(error)) return explainUri(error.uri);
  return error instanceof Error ? error.message : String(error);
}

export function explainUri(uri: string): string {
  return EXPLANATIONS[uri] ?? uri;
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  'wamp.error.authentication_denied': 'Name and password do not match.',
  'wamp.error.authentication_failed': 'The router could not check who you are. Try again in a moment.',
  'wamp.error.unavailable': 'The chat service is not running. Try again in a moment.',
  'wamp.error.no_such_procedure': 'The chat service is not running. Try again in a moment.',
  'wamp.error.authorization_failed': 'The chat service is not running. Try again in a moment.',
  'wamp.error.network_failure': 'The router cannot be reached.',
  'wamp.error.no_such_realm': 'This router has no chat: start it with npm start.',
  'wamp.close.system_shutdown': 'The router has shut down.',
  'wamp.close.killed': 'An operator has ended the session.',
};
