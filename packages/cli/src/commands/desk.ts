/** The parameters of every command: a session, an output, and a signal that stops it. */
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
  /** Aborted when standard output cannot be written any more. */
  readonly outputEnded: AbortSignal;
  /** Writes a notice to stderr. */
  readonly note: (text: string) => void;
  /** The exit code if no error occurs. */
  exit: ExitCode;
  /** The settings of the connection, for error messages. */
  settings: Partial<Settings>;
  /** The format option of the command line. */
  format: Format | undefined;
}

/** The parameters of a command without a session. */
export interface CommandPlace {
  readonly io: Io;
  readonly out: Output;
  readonly note: (text: string) => void;
  /** Aborted when the command has to stop: with `Interrupted`, `ReaderGone` or a `Failure`. */
  readonly signal: AbortSignal;
}

/** The parameters of a command with a session. */
export interface Desk extends CommandPlace {
  readonly settings: Settings;
  readonly session: Session;
}

/** The action of a command; it returns the exit code, or undefined for success. */
export type CommandWork<D> = (desk: D) => Promise<ExitCode | undefined>;

function placeOf(run: Run, format: Format | undefined): CommandPlace {
  const { io, outputEnded, note } = run;
  run.format = format;
  const signal = AbortSignal.any([io.interrupt, outputEnded]);
  // Each call and each session in flight listens to the signal.
  setMaxListeners(0, signal);
  return { io, note, signal, out: new Output(io, format, outputEnded) };
}

/** Runs an action without a session. */
export async function without(
  run: Run,
  format: Format | undefined,
  work: CommandWork<CommandPlace>,
): Promise<void> {
  run.exit = (await work(placeOf(run, format))) ?? Exit.DONE;
}

/**
 * Joins the realm that the options name, runs an action, and leaves.
 * @param comesBack whether to reconnect when the connection is lost
 */
export async function inSession(
  run: Run,
  given: Given,
  work: CommandWork<Desk>,
  comesBack = false,
): Promise<void> {
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

/** The same for an action that runs until it is stopped, and reconnects. */
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

/** The parameters of a command with several sessions. */
export interface Crowd extends CommandPlace {
  readonly settings: Settings;
  /** Opens another session, which is closed at the end. */
  readonly join: () => Promise<Session>;
  /** Opens a session that the caller closes. */
  readonly open: () => Promise<Session>;
}

/** Runs an action with several sessions. */
export async function inSessions(run: Run, given: Given, work: CommandWork<Crowd>): Promise<void> {
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
 * Waits until the command is stopped, or `done` settles.
 * @throws the error that ended the session, or an error of the output
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

/** Runs a handler; a closed output ends the program elsewhere. */
export async function whileRead(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isEnding(error)) throw error;
  }
}
