/** The one WAMP session of this page: asks for the figures every second, and hears who comes and goes. */
import { batch } from '@preact/signals';
import { connect, WampError, type Session } from '@wamp/client';
import { connection, metrics, own, rates, series, sessions } from './page.ts';
import { ratesBetween, readMetrics, readSession, withPoint, type SessionRow } from './state.ts';

const INTERVAL = 1000;
/** For the router to answer (ms), after which it counts as gone: a busy one takes seconds. */
const TIMEOUT = 30_000;
/** How many sessions are asked about when the page opens; each costs a call. */
const MOST_ROWS = 200;

let session: Session | undefined;

/** Connects, and looks until the connection ends; how that went shows in `connection`. */
export async function open(): Promise<void> {
  const { realm } = connection.value;
  connection.value = { state: 'connecting', realm };
  try {
    const opened = await connect(routerUrl(), { realm });
    session = opened;
    void opened.closed.then(({ reason, error }) => disconnected(opened, error?.message ?? reason));
    own.value = opened.id;
    await watchSessions(opened);
    await poll(opened);
  } catch (error) {
    disconnected(session, words(error));
  }
}

/** What is not known any more is not shown any more; only the chart keeps what was. */
function disconnected(which: Session | undefined, reason: string): void {
  if (which !== session) return;
  session = undefined;
  batch(() => {
    connection.value = { state: 'closed', realm: connection.value.realm, reason };
    metrics.value = undefined;
    rates.value = undefined;
    own.value = undefined;
    sessions.value = new Map();
    series.value = withPoint(series.value, Date.now() / 1000, undefined);
  });
  void which?.close();
}

async function poll(opened: Session): Promise<void> {
  while (opened === session) {
    const latest = readMetrics(await opened.call('wamp.metrics.get', [], { timeout: TIMEOUT }));
    if (opened !== session) return;
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

/** Hears of changes first and asks for the present state then, so that nothing falls in between. */
async function watchSessions(opened: Session): Promise<void> {
  await Promise.all([
    opened.subscribe('wamp.session.on_join', ([details]) => add(readSession(details, new Date()))),
    opened.subscribe('wamp.session.on_leave', ([gone]) => remove(gone)),
  ]);
  const ids: unknown = await opened.call('wamp.session.list', [], { timeout: TIMEOUT });
  if (!Array.isArray(ids)) return;
  await Promise.all(ids.slice(0, MOST_ROWS).map((id: unknown) => look(opened, id)));
}

async function look(opened: Session, id: unknown): Promise<void> {
  try {
    const row = readSession(await opened.call('wamp.session.get', [id], { timeout: TIMEOUT }), undefined);
    if (opened === session && row !== undefined && !sessions.value.has(row.session)) add(row);
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
