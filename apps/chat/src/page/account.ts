/** Signing up, logging in and out, and coming back after the session has ended. */
import { connect, ticket, WampError, type Position, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { scram } from '@wamp/client/scram';
import type { ChatApi } from '../common/contract.ts';
import { verifierOf } from '../common/verifier.ts';
import { saveLogin, savedLogin } from './browser-memory.ts';
import { Chat } from './chat.ts';
import {
  drafts,
  isOnline,
  login,
  logs,
  offlineReason,
  people,
  present,
  rooms,
  unread,
} from './page-state.ts';
import { keepPlace, restorePlace } from './place.ts';

const REALM = 'chat';
/** The delay before a session that could not authenticate is replaced (ms). */
const PAUSE = 1000;

const DENIED = 'wamp.error.authentication_denied';
/** What passes by itself. */
const PASSING = [
  'wamp.error.network_failure',
  'wamp.error.authentication_failed',
  'wamp.close.system_shutdown',
];

type Auth = ReturnType<typeof ticket>;

let current: Chat | undefined;

/** The chat; undefined while the account is logged out. */
export function chat(): Chat | undefined {
  return current;
}

/** @param remember whether this browser may log in by token from now on */
export async function logIn(name: string, password: string, remember: boolean): Promise<void> {
  await enter(name, scram(name, password), remember);
}

/** Goes on with a log-in of an earlier visit, if there is one. */
export async function resume(): Promise<void> {
  const saved = savedLogin();
  if (saved === undefined) return;
  const auth = ticket(saved.name, saved.token);
  await enter(saved.name, auth, false);
  // Without a connection there is nothing to ask the user: it goes on trying.
  while (login.value.state === 'out' && isPassing(login.value.problem)) {
    login.value = { state: 'busy', problem: login.value.problem };
    await pause();
    // The user may have chosen another account meanwhile.
    if (!isBusy()) return;
    await enter(saved.name, auth, false);
  }
}

/** Stops trying, and asks for name and password. */
export function cancel(): void {
  login.value = { state: 'out', problem: '' };
}

function isBusy(): boolean {
  return login.value.state === 'busy';
}

function isPassing(problem: string): boolean {
  return PASSING.some((uri) => EXPLANATIONS[uri] === problem);
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

/** Creates an account: only its verifier is sent. */
export async function signUp(name: string, password: string, remember: boolean): Promise<void> {
  login.value = { state: 'busy', problem: '' };
  try {
    const verifier = await verifierOf(password);
    await using guest = await connect<ChatApi>(routerUrl(), { realm: REALM, serializers: [msgpack] });
    await guest.call('chat.account.create', { name, verifier });
  } catch (error) {
    login.value = { state: 'out', problem: explain(error) };
    return;
  }
  await logIn(name, password, remember);
}

export async function logOut(): Promise<void> {
  const leaving = current;
  const saved = savedLogin();
  current = undefined;
  leaving?.end();
  saveLogin(undefined);
  clear();
  if (saved !== undefined && isOnline.value) {
    await leaving?.session.call('chat.account.forget', [saved.token]).catch(() => undefined);
  }
  isOnline.value = false;
  await leaving?.session.close();
}

/** Tries to connect at once. */
export function reconnect(): void {
  current?.session.reconnect();
}

async function enter(name: string, auth: Auth, remember: boolean): Promise<void> {
  const problem = login.value.state === 'busy' ? login.value.problem : '';
  login.value = { state: 'busy', problem };
  try {
    const session = await open(auth);
    if (!isBusy()) return void session.close();
    if (remember) saveLogin({ name, token: await session.call('chat.account.remember') });
    await begin(session, { name, auth, since: restorePlace(name) });
    login.value = { state: 'in', name };
  } catch (error) {
    current = undefined;
    // A token that is not valid any more: the form asks for the password.
    if (WampError.is(error, DENIED)) saveLogin(undefined);
    login.value = { state: 'out', problem: explain(error) };
  }
}

function open(auth: Auth): Promise<Session<ChatApi>> {
  return connect<ChatApi>(routerUrl(), {
    realm: REALM,
    auth,
    serializers: [msgpack],
    reconnect: { max: 5000 },
  });
}

/** What a session needs to go on where another one has stopped. */
interface Start {
  readonly name: string;
  readonly auth: Auth;
  readonly since: Position | undefined;
}

async function begin(session: Session<ChatApi>, { name, auth, since }: Start): Promise<void> {
  const started = new Chat(session, name);
  current = started;
  isOnline.value = true;
  session.on('lost', ({ uri }) => offline(started, explainUri(uri)));
  session.on('open', () => {
    if (current === started) isOnline.value = true;
  });
  session.on('retry', () => undefined);
  void session.closed.then(({ reason }) => ended(started, auth, explainUri(reason)));
  try {
    await started.begin(since);
  } catch (error) {
    void session.close();
    throw error;
  }
}

function offline(which: Chat, reason: string): void {
  if (which !== current) return;
  isOnline.value = false;
  offlineReason.value = reason;
  present.value = new Map();
}

/**
 * The session has ended. After a restart the router may accept connections before the service can judge them: the
 * next session goes on where this one has stopped.
 */
async function ended(which: Chat, auth: Auth, reason: string): Promise<void> {
  offline(which, reason);
  which.end();
  while (which === current) {
    await pause();
    try {
      const session = await open(auth);
      if (which !== current) return void session.close();
      const { name } = which;
      await begin(session, { name, auth, since: keepPlace(name) });
    } catch (error) {
      if (WampError.is(error, DENIED)) return void logOut();
      offlineReason.value = explain(error);
    }
  }
}

function clear(): void {
  login.value = { state: 'out', problem: '' };
  rooms.value = undefined;
  people.value = [];
  present.value = new Map();
  logs.value = new Map();
  unread.value = new Map();
  drafts.value = [];
}

/** The router that served this page, unless `?router=` names another. */
function routerUrl(): string {
  const other = new URLSearchParams(location.search).get('router');
  return other ?? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

function explain(error: unknown): string {
  if (WampError.is(error) && error.uri.startsWith('chat.')) {
    const [text] = error.args;
    return typeof text === 'string' ? text : error.uri;
  }
  if (WampError.is(error)) return explainUri(error.uri);
  return error instanceof Error ? error.message : String(error);
}

function explainUri(uri: string): string {
  return EXPLANATIONS[uri] ?? uri;
}

const EXPLANATIONS: Readonly<Record<string, string>> = {
  'wamp.error.authentication_denied': 'Name and password do not match.',
  'wamp.error.authentication_failed': 'The chat service is not running. Try again in a moment.',
  'wamp.error.no_such_procedure': 'The chat service is not running. Try again in a moment.',
  'wamp.error.authorization_failed': 'The chat service is not running. Try again in a moment.',
  'wamp.error.network_failure': 'The router cannot be reached.',
  'wamp.error.no_such_realm': 'This router has no chat: start it with npm start.',
  'wamp.close.system_shutdown': 'The router has shut down.',
  'wamp.close.killed': 'An operator has ended the session.',
};
