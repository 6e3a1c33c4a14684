/** The WAMP session of this page: polls the figures every second, and follows sessions joining and leaving. */
import { batch } from '@preact/signals';
import { createSession, WampError } from '@wamp/client';
import { connection, metrics, own, rates, series, sessions } from './page.ts';
import { ratesBetween, readMetrics, readSession, withPoint, type SessionRow } from './state.ts';

const INTERVAL = 1000;
/** Time limit for an answer (ms), after which the router counts as lost: a busy one takes seconds. */
const TIMEOUT = 30_000;
/** The number of sessions queried when the page opens; each costs a call. */
const MOST_ROWS = 200;

// The console joins no realm but its own: this session connects when it is first used.
const session = createSession(routerUrl(), { realm: connection.value.realm, lazy: true });

/** Runs as long as the page is open; the state is shown by `connection`. */
export function open(): void {
  session.on('open', ({ id }) => void begin(id));
  session.on('lost', ({ message }) => disconnected(message));
  session.on('retry', ({ cause }) => disconnected(cause.message));
  session.on('close', ({ reason, error }) => disconnected(error?.message ?? reason));
  const changes = [
    session.subscribe('wamp.session.on_join', ([details]) => add(readSession(details, new Date()))),
    session.subscribe('wamp.session.on_leave', ([gone]) => remove(gone)),
  ];
  Promise.all(changes).catch((error: unknown) => disconnected(words(error)));
}

/** Retries at once. */
export function retry(): void {
  if (session.state === 'closed') location.reload();
  session.reconnect();
}

/** Called on each connection, with the new session id. */
async function begin(id: number): Promise<void> {
  own.value = id;
  try {
    await listSessions(id);
    await poll(id);
  } catch (error) {
    if (session.id === id) disconnected(words(error));
  }
}

/** Clears data that is not current any more, except for the chart. */
function disconnected(reason: string): void {
  batch(() => {
    connection.value = { state: 'closed', realm: connection.value.realm, reason };
    metrics.value = undefined;
    rates.value = undefined;
    own.value = undefined;
    sessions.value = new Map();
    series.value = withPoint(series.value, Date.now() / 1000, undefined);
  });
}

async function poll(id: number): Promise<void> {
  while (session.id === id) {
    const latest = readMetrics(await session.call('wamp.metrics.get', [], { timeout: TIMEOUT }));
    if (session.id !== id) return;
    if (latest === undefined) throw new Error('the router has no metrics that this page understands.');
    show(latest);
    await new Promise((resolve) => setTimeout(resolve, INTERVAL));
  }
}

function show(latest: NonNullable<typeof metrics.value>): void {
  batch(() => {
    rates.value = ratesBetween(metrics.value, latest);
    series.value = withPoint(series.value, Date.now() / 1000, rates.value);
    metrics.value = latest;
    connection.value = { state: 'open', realm: connection.value.realm };
  });
}

/** Reads the current sessions after subscribing to changes, so that none is missed. */
async function listSessions(id: number): Promise<void> {
  const ids: unknown = await session.call('wamp.session.list', [], { timeout: TIMEOUT });
  if (!Array.isArray(ids)) return;
  await Promise.all(ids.slice(0, MOST_ROWS).map((each: unknown) => look(id, each)));
}

async function look(id: number, which: unknown): Promise<void> {
  try {
    const row = readSession(await session.call('wamp.session.get', [which], { timeout: TIMEOUT }), undefined);
    if (session.id === id && row !== undefined && !sessions.value.has(row.session)) add(row);
  } catch (error) {
    if (!WampError.is(error, 'wamp.error.no_such_session')) throw error;
  }
}

function add(row: SessionRow | undefined): void {
  if (row !== undefined) sessions.value = new Map(sessions.value).set(row.session, row);
}

function remove(gone: unknown): void {
  sessions.value = new Map([...sessions.value].filter(([id]) => id !== gone));
}

/** The router that served this page, unless `?router=` names another. */
function routerUrl(): string {
  const named = new URLSearchParams(location.search).get('router');
  return named ?? `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
