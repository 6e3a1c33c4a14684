/** The session of the workbench: joins the realm that is worked in, with rights of its own, and does what is asked. */
import { signal } from '@preact/signals';
import { createSession, result, WampError, type MatchPolicy, type Session } from '@wamp/client';
import { authenticators, METHODS, type Method } from '../operator/credentials.ts';
import { jsonText } from '../lib/json-text.ts';

/** Who the workbench is in the realm. */
interface BenchPlace {
  readonly url: string;
  readonly realm: string;
  /** Undefined for anonymous. */
  readonly as?: { readonly authid: string; readonly secret: string; readonly method: Method };
}

type BenchState =
  | { readonly state: 'out'; readonly why?: string }
  | { readonly state: 'joining' }
  | { readonly state: 'in'; readonly realm: string; readonly id: number; readonly authrole: string };

/** One line of what came of an action. */
export interface Outcome {
  readonly number: number;
  readonly time: number;
  readonly kind: 'result' | 'progress' | 'event' | 'call' | 'done' | 'error';
  readonly title: string;
  readonly text: string;
}

/** A subscription or registration that lasts. */
interface Lasting {
  readonly number: number;
  readonly title: string;
  readonly end: () => void;
}

const MOST_OUTCOMES = 200;

export const bench = signal<BenchState>({ state: 'out' });
export const outcomes = signal<readonly Outcome[]>([]);
export const lasting = signal<readonly Lasting[]>([]);
let session: Session | undefined;
let numbers = 0;

/** Joins the realm; leaves the one before. */
export async function joinBench({ url, realm, as }: BenchPlace): Promise<void> {
  leaveBench();
  bench.value = { state: 'joining' };
  const auth = as === undefined ? [] : [...authenticators({ url, realm, ...as })];
  try {
    const opened = createSession(url, { realm, ...(auth.length === 0 ? {} : { auth }) });
    session = opened;
    const isOurs = (): boolean => session === opened;
    opened.on('open', ({ id }) => {
      if (isOurs()) bench.value = { state: 'in', realm, id, authrole: opened.authrole ?? '' };
    });
    opened.on('retry', ({ cause }) => isOurs() && left(cause.message));
    opened.on('close', ({ error, reason }) => isOurs() && left(error?.message ?? reason));
    await opened.ready;
  } catch (error) {
    left(wordsOf(error));
  }
}

export function leaveBench(): void {
  if (session !== undefined) left();
}

function left(why?: string): void {
  const over = session;
  session = undefined;
  lasting.value = [];
  bench.value = { state: 'out', ...(why === undefined ? {} : { why }) };
  over?.close().catch(() => undefined);
}

function note(kind: Outcome['kind'], title: string, text: string): void {
  numbers += 1;
  const outcome = { number: numbers, time: Date.now(), kind, title, text };
  outcomes.value = [outcome, ...outcomes.value].slice(0, MOST_OUTCOMES);
}

/** What is asked of the workbench. */
interface Work {
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly match: MatchPolicy;
  readonly signal: AbortSignal;
}

/** Runs an action to its end, and notes what comes of it. */
export async function work(action: keyof typeof DO, asked: Work): Promise<void> {
  if (session === undefined) return;
  try {
    await DO[action](session, asked);
  } catch (error) {
    note('error', asked.uri, wordsOf(error));
  }
}

const DO = { call, publish, subscribe, register };

async function call(by: Session, { uri, args, kwargs, signal: ends }: Work): Promise<void> {
  const started = performance.now();
  const answer = await by
    .call(uri, [...args], {
      kwargs: { ...kwargs },
      signal: ends,
      onProgress: (_: unknown, whole) => note('progress', uri, payloadText(whole.args, whole.kwargs)),
    })
    .full();
  const took = (performance.now() - started).toFixed(1);
  note('result', `${uri} in ${took} ms`, payloadText(answer.args, answer.kwargs));
}

async function publish(by: Session, { uri, args, kwargs }: Work): Promise<void> {
  const options = { kwargs: { ...kwargs }, acknowledge: true, excludeMe: false };
  const published = await by.publish(uri, [...args], options);
  note('done', uri, `published as ${String(published.publication)}`);
}

async function subscribe(by: Session, { uri, match }: Work): Promise<void> {
  const subscription = await by.subscribe(
    uri,
    (args, { topic, kwargs }) => note('event', topic, payloadText(args, kwargs)),
    { match },
  );
  keep(`subscribed to ${uri}`, () => subscription.unsubscribe());
  note('done', uri, 'subscribed');
}

/** The procedure returns what was filled in; without that, what it was called with. */
async function register(by: Session, { uri, args, kwargs, match }: Work): Promise<void> {
  const isEcho = args.length === 0 && Object.keys(kwargs).length === 0;
  const registration = await by.register(
    uri,
    (given, invocation) => {
      note('call', invocation.procedure, payloadText(given, invocation.kwargs));
      return isEcho ? result(given, invocation.kwargs) : result([...args], { ...kwargs });
    },
    { match },
  );
  keep(`registered ${uri}`, () => registration.unregister());
  note('done', uri, 'registered');
}

function keep(title: string, stop: () => Promise<unknown>): void {
  numbers += 1;
  const number = numbers;
  const end = (): void => {
    lasting.value = lasting.value.filter((each) => each.number !== number);
    stop().catch((error: unknown) => note('error', title, wordsOf(error)));
  };
  lasting.value = [...lasting.value, { number, title, end }];
}

function payloadText(args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>): string {
  const named = Object.keys(kwargs).length === 0 ? '' : readable(kwargs);
  const placed = args.length === 0 && named !== '' ? '' : readable(args);
  return [placed, named].filter((part) => part !== '').join('\n');
}

/** On one line, if it is short. */
function readable(value: unknown): string {
  const short = jsonText(value, 0);
  return short.length <= 72 ? short : jsonText(value);
}

function wordsOf(error: unknown): string {
  if (WampError.is(error))
    return `${error.message}${error.args.length > 1 ? `\n${jsonText(error.args)}` : ''}`;
  return error instanceof Error ? error.message : String(error);
}

/** The method of a name. */
export function methodOf(name: string): Method {
  return METHODS.find((each) => each === name) ?? 'auto';
}
