/** The session of the operator in the admin realm: log-in, log-out, and questions to the router. */
import { signal } from '@preact/signals';
import { AuthError, createSession, WampError, type Session } from '@wamp/client';
import { authenticators, type Credentials } from './credentials.ts';
import { forget, recall, remember } from './remembered.ts';

/** How far the log-in is. */
type Operator =
  | { readonly state: 'out'; readonly why?: string }
  | { readonly state: 'joining' }
  | (Joined & { readonly state: 'in' })
  | (Joined & { readonly state: 'lost'; readonly why: string });

interface Joined {
  readonly authid: string;
  readonly authrole: string;
  readonly realm: string;
  readonly url: string;
}

/** Time limit for an answer (ms). */
const TIMEOUT = 30_000;

export const operator = signal<Operator>({ state: 'joining' });
let session: Session | undefined;

/** Logs in with what the browser remembers, if it does, and goes on trying while there is no connection. */
export async function resume(): Promise<void> {
  const credentials = await recall();
  if (credentials === undefined) operator.value = { state: 'out' };
  else await begin(credentials, { remembers: true, insists: true });
}

/** @param remembers whether the browser is to log in by itself next time */
export function logIn(credentials: Credentials, remembers: boolean): Promise<void> {
  return begin(credentials, { remembers, insists: false });
}

interface LogInOptions {
  readonly remembers: boolean;
  /** Whether to try again when there is no connection. */
  readonly insists: boolean;
}

async function begin(credentials: Credentials, { remembers, insists }: LogInOptions): Promise<void> {
  const { url, realm } = credentials;
  operator.value = { state: 'joining' };
  try {
    const opened = createSession(url, { realm, auth: [...authenticators(credentials)] });
    session = opened;
    follow(opened, credentials, insists);
    await opened.ready;
    await remember(credentials, remembers).catch(() => undefined);
  } catch (error) {
    // Otherwise the session has told already.
    if (isJoining()) leave(explained(error, credentials));
  }
}

function isJoining(): boolean {
  return operator.value.state === 'joining';
}

/** Ends the session, and forgets the secret. */
export function logOut(): void {
  leave();
}

function leave(why?: string): void {
  const left = session;
  session = undefined;
  forget();
  operator.value = { state: 'out', ...(why === undefined ? {} : { why }) };
  left?.close().catch(() => undefined);
}

function follow(opened: Session, credentials: Credentials, insists: boolean): void {
  const { url, realm } = credentials;
  const joined = (): Joined => ({
    ...{ url, realm, authid: opened.authid ?? credentials.authid, authrole: opened.authrole ?? '' },
  });
  const lost = (why: string): void => {
    const { value } = operator;
    if (session !== opened) return;
    if (value.state === 'joining' && !insists) leave(why);
    else if (value.state !== 'out') operator.value = { ...joined(), ...value, state: 'lost', why };
  };
  opened.on('open', () => {
    if (session === opened) operator.value = { ...joined(), state: 'in' };
  });
  opened.on('lost', ({ message }) => lost(message));
  opened.on('retry', ({ cause }) => lost(explained(cause, credentials)));
  opened.on('close', ({ reason, error }) => {
    if (session === opened) leave(explained(error ?? new Error(reason), credentials));
  });
}

/** Tries at once to connect again. */
export function reconnect(): void {
  session?.reconnect();
}

/** What an operator can do about an error of the log-in. */
function explained(error: unknown, { realm, url }: Pick<Credentials, 'realm' | 'url'>): string {
  if (WampError.is(error, 'wamp.error.no_such_realm')) {
    return `This router has no realm ${realm}. Its configuration needs a section admin.realm.`;
  }
  if (WampError.is(error, 'wamp.error.no_matching_auth_method')) {
    return 'The router offers none of these methods. Choose another one below.';
  }
  if (error instanceof AuthError) return 'The router refused this name, secret or method.';
  if (WampError.is(error, 'wamp.error.network_failure')) return `No connection to ${url}.`;
  return error instanceof Error ? error.message : String(error);
}

/** Options of a question. */
interface AskOptions {
  readonly signal?: AbortSignal;
  /** Receives progressive results; such a call has no time limit. */
  readonly onProgress?: (value: unknown) => void;
}

/** Calls a procedure of the admin realm. @param name without `wamp.admin.` */
export async function ask(
  name: string,
  kwargs: Readonly<Record<string, unknown>> = {},
  { signal: ends, onProgress }: AskOptions = {},
): Promise<unknown> {
  if (session === undefined) throw new Error('this page is not logged in');
  return session.call(`wamp.admin.${name}`, [], {
    ...{ kwargs: { ...kwargs }, offline: 'fail' as const },
    ...(ends === undefined ? {} : { signal: ends }),
    ...(onProgress === undefined ? { timeout: TIMEOUT } : { onProgress }),
  });
}
