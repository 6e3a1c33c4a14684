/** Signing up, logging in and out. */
import {
  connect,
  createSession,
  ticket,
  WampError,
  type Position,
  type Session,
  type SessionOptions,
} from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { scram } from '@wamp/client/scram';
import type { ChatApi } from '../common/contract.ts';
import { verifierOf } from '../common/verifier.ts';
import { saveLogin, savedLogin } from './browser-memory.ts';
import { Chat } from './chat.ts';
import { explain, explainUri } from './explanations.ts';
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
import { restorePlace } from './place.ts';

const REALM = 'chat';
const DENIED = 'wamp.error.authentication_denied';

type Auth = ReturnType<typeof ticket>;

let current: Chat | undefined;
/** Ends the attempt to log in that is under way. */
let entering = new AbortController();

/** The chat; undefined while the account is logged out. */
export function chat(): Chat | undefined {
  return current;
}

/** @param remember whether this browser may log in by token from now on */
export async function logIn(name: string, password: string, remember: boolean): Promise<void> {
  const auth = scram(name, password);
  await enter(name, remember, (signal) => connect<ChatApi>(routerUrl(), optionsOf(auth, signal)));
}

/** Goes on with a log-in of an earlier visit, if there is one, as soon as there is a connection. */
export async function resume(): Promise<void> {
  const saved = savedLogin();
  // A link to this page may name any router, which must not get the token.
  if (saved?.router !== routerUrl()) return;
  const auth = ticket(saved.name, saved.token);
  await enter(saved.name, false, (signal) => {
    const session = createSession<ChatApi>(routerUrl(), optionsOf(auth, signal));
    session.on('retry', ({ cause }) => {
      if (!signal.aborted && login.value.state === 'busy')
        login.value = { state: 'busy', problem: explain(cause) };
    });
    return session.ready;
  });
}

/** Stops trying, and asks for name and password. */
export function cancel(): void {
  entering.abort();
  login.value = { state: 'out', problem: '' };
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

async function enter(
  name: string,
  remember: boolean,
  open: (signal: AbortSignal) => Promise<Session<ChatApi>>,
): Promise<void> {
  entering.abort();
  entering = new AbortController();
  const { signal } = entering;
  login.value = { state: 'busy', problem: '' };
  try {
    const session = await open(signal);
    if (signal.aborted) return void session.close();
    if (remember)
      saveLogin({ name, token: await session.call('chat.account.remember'), router: routerUrl() });
    await begin(session, name, restorePlace(name));
    login.value = { state: 'in', name };
  } catch (error) {
    if (signal.aborted) return;
    current = undefined;
    // A token that is not valid any more: the form asks for the password.
    if (WampError.is(error, DENIED)) saveLogin(undefined);
    login.value = { state: 'out', problem: explain(error) };
  }
}

/** @param signal ends the attempt to connect */
function optionsOf(auth: Auth, signal: AbortSignal): SessionOptions<ChatApi> {
  return { realm: REALM, auth, serializers: [msgpack], reconnect: { max: 5000 }, signal };
}

async function begin(session: Session<ChatApi>, name: string, since: Position | undefined): Promise<void> {
  const started = new Chat(session, name);
  current = started;
  isOnline.value = true;
  session.on('lost', ({ uri }) => offline(started, explainUri(uri)));
  session.on('retry', ({ cause }) => offline(started, explain(cause)));
  session.on('open', () => {
    if (current === started) isOnline.value = true;
  });
  void session.closed.then(({ reason, error }) => ended(started, error ?? reason));
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

/** The session has ended for good: the form says why. */
async function ended(which: Chat, cause: unknown): Promise<void> {
  if (which !== current) return;
  const problem = typeof cause === 'string' ? explainUri(cause) : explain(cause);
  if (WampError.is(cause, DENIED)) await logOut();
  else leave();
  login.value = { state: 'out', problem };
}

/** Ends the chat of this page; the saved log-in remains. */
function leave(): void {
  const leaving = current;
  current = undefined;
  isOnline.value = false;
  leaving?.end();
  clear();
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

/** The router that the address of this page names with `?router=`, if it is not the one that served the page. */
export function otherRouter(): string | undefined {
  const named = new URLSearchParams(location.search).get('router') ?? undefined;
  return named === ownRouter() ? undefined : named;
}

function ownRouter(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

function routerUrl(): string {
  return otherRouter() ?? ownRouter();
}
