/** What every command works with: a session, somewhere to write to, and a signal that says when to stop. */
import { setMaxListeners } from 'node:events';
import type { Session } from '@wamp/client';
import { Exit, type ExitCode } from '../io/exit-codes.ts';
import { isEnding } from '../io/failure.ts';
import { aborted, type Io } from '../io/io.ts';
import { Output, type Format } from '../output/output.ts';
import { openSession, prepared } from '../session/open.ts';
import { settings, type Given, type Settings } from '../session/settings.ts';

/** One run of the program. */
export interface Run {
  readonly io: Io;
  /** Aborted when standard output can be written no more. */
  readonly outputEnded: AbortSignal;
  /** A line on stderr beside the work. */
  readonly note: (text: string) => void;
  /** How the run ends, if nothing goes wrong. */
  exit: ExitCode;
  /** What is known of the connection, for error messages. */
  settings: Partial<Settings>;
  /** What the command line says of the format. */
  format: Format | undefined;
}

/** What a command works with that needs no session. */
export interface Place {
  readonly io: Io;
  readonly out: Output;
  readonly note: (text: string) => void;
  /** Aborted when it is time to stop: with `Interrupted`, `ReaderGone` or a `Failure`. */
  readonly signal: AbortSignal;
}

/** What a command works with in a realm. */
export interface Desk extends Place {
  readonly settings: Settings;
  readonly session: Session;
}

/** What a command does; it gives the exit code, or nothing when all went well. */
export type Work<D> = (desk: D) => Promise<ExitCode | undefined>;

function placeOf(run: Run, format: Format | undefined): Place {
  const { io, outputEnded, note } = run;
  run.format = format;
  const signal = AbortSignal.any([io.interrupt, outputEnded]);
  // Each call and each session in flight listens to it.
  setMaxListeners(0, signal);
  return { io, note, signal, out: new Output(io, format, outputEnded) };
}

/** Does something without a session. */
export async function without(run: Run, format: Format | undefined, work: Work<Place>): Promise<void> {
  run.exit = (await work(placeOf(run, format))) ?? Exit.DONE;
}

/**
 * Joins the realm that the options name, does something there, and leaves.
 * @param comesBack whether it goes on over another connection when one is lost
 */
export async function inSession(run: Run, given: Given, work: Work<Desk>, comesBack = false): Promise<void> {
  run.format = given.output;
  const chosen = settings(given, run.io.env);
  run.settings = chosen;
  const place = placeOf(run, chosen.output);
  const session = await openSession(chosen, { ...place, comesBack });
  try {
    run.exit = (await work({ ...place, settings: chosen, session })) ?? Exit.DONE;
  } finally {
    await session.close();
  }
}

/** The same for work that goes on until it is stopped, over another connection when one is lost. */
export function staying(run: Run, given: Given, work: (desk: Desk) => Promise<void>): Promise<void> {
  return inSession(
    run,
    given,
    async (desk) => {
      await work(desk);
      return undefined;
    },
    true,
  );
}

/** What a command works with that opens sessions of its own. */
export interface Crowd extends Place {
  readonly settings: Settings;
  /** Opens one more session; it is closed when the work is over. */
  readonly join: () => Promise<Session>;
  /** Opens one that whoever asks for it closes. */
  readonly open: () => Promise<Session>;
}

/** Does something with many sessions. */
export async function inSessions(run: Run, given: Given, work: Work<Crowd>): Promise<void> {
  run.format = given.output;
  const chosen = settings(given, run.io.env);
  run.settings = chosen;
  const place = placeOf(run, chosen.output);
  const open = await prepared(chosen, place);
  const sessions: Session[] = [];
  const join = async (): Promise<Session> => {
    const session = await open();
    sessions.push(session);
    return session;
  };
  try {
    run.exit = (await work({ ...place, settings: chosen, join, open })) ?? Exit.DONE;
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}

/**
 * Waits until it is stopped from outside, or what it waits for is done.
 * @throws what the session was lost to, and what goes wrong with the output
 */
export async function lasting(
  { session, signal }: Pick<Desk, 'session' | 'signal'>,
  done?: Promise<void>,
): Promise<void> {
  const lost = session.closed.then(({ error }) => {
    if (error !== undefined) throw error;
  });
  await Promise.race([aborted(signal), lost, ...(done === undefined ? [] : [done])]);
  if (signal.aborted && !isEnding(signal.reason)) throw signal.reason as Error;
}

/** Runs a handler whose output may have no reader any more: that ends the program elsewhere. */
export async function whileRead(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isEnding(error)) throw error;
  }
}
