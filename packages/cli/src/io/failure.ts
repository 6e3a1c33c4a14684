/** What goes wrong, as people and scripts are told of it: a URI, what happened, what to do about it, and an exit code. */
import { Exit, type ExitCode } from './exit-codes.ts';

/** What to tell besides the message. */
export interface FailureOptions {
  readonly exit: ExitCode;
  /** What kind of failure it is, where WAMP has a name for it. */
  readonly uri?: string | undefined;
  /** What to do about it, as a sentence or a command. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** A failure that this program found itself. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exit: ExitCode;
  readonly uri: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, { exit, uri, remedy, cause }: FailureOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.exit = exit;
    this.uri = uri;
    this.remedy = remedy;
  }
}

/** The command line, the environment or a profile is wrong. */
export function usage(message: string, remedy?: string): Failure {
  return new Failure(message, { exit: Exit.USAGE, remedy });
}

/** Why everything ends: somebody pressed Ctrl-C, or the system said so. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(signal);
    this.signal = signal;
  }
}

/** Whoever read our output has gone: there is nobody to work for. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** True for the reasons to end that are no failure. */
export function isEnding(error: unknown): error is Interrupted | ReaderGone {
  return error instanceof Interrupted || error instanceof ReaderGone;
}
