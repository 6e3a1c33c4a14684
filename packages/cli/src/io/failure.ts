/** Errors for people and scripts: a URI, a description, a remedy, and an exit code. */
import { Exit, type ExitCode } from './exit-codes.ts';

/** Attributes besides the message. */
export interface FailureOptions {
  readonly exit: ExitCode;
  /** The kind of failure, if WAMP defines a URI for it. */
  readonly uri?: string | undefined;
  /** The remedy, as a sentence or a command. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/** A failure that this program has detected. */
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

/** The command line, the environment or a profile is invalid. */
export function usage(message: string, remedy?: string): Failure {
  return new Failure(message, { exit: Exit.USAGE, remedy });
}

/** Why the program is stopped: Ctrl-C, or a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: 'SIGINT' | 'SIGTERM';

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(signal);
    this.signal = signal;
  }
}

/** The reader of the output has closed it, so there is nothing left to do. */
export class ReaderGone extends Error {
  override readonly name = 'ReaderGone';
}

/** True for the reasons to stop that are not failures. */
export function isEnding(error: unknown): error is Interrupted | ReaderGone {
  return error instanceof Interrupted || error instanceof ReaderGone;
}
