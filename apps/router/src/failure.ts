/** A reason not to start that the person at the keyboard can do something about. */

/** The command line asks for something that cannot be. */
export const USAGE = 2;
/** The command line is fine, the machine is in the way. */
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
