/** Errors for which the router does not start, with exit codes. */

/** The command line or configuration is invalid. */
export const USAGE = 2;
/** The configuration is valid, but the machine refuses. */
export const RUNTIME = 1;

/** Ends the process with one line on stderr and no stack trace. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
  readonly exitCode: typeof USAGE | typeof RUNTIME;

  constructor(message: string, exitCode: typeof USAGE | typeof RUNTIME = RUNTIME) {
    super(message);
    this.exitCode = exitCode;
  }
}
