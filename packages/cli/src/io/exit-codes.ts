/** The exit codes: what a script may conclude from them. Documented in the README and docs/cli.md, which a test compares. */

export const Exit = {
  /** Done. */
  DONE: 0,
  /** A fault of this program, or of the machine: a full disk, an unreadable file. */
  FAULT: 1,
  /** The command line, the environment or a profile asks for something that cannot be. */
  USAGE: 2,
  /** The router cannot be reached, or the connection to it was lost. */
  UNREACHABLE: 3,
  /** The router does not let us into the realm. */
  REFUSED: 4,
  /** The router does not permit what was asked for. */
  DENIED: 5,
  /** There is no such procedure, subscription, registration or session. */
  ABSENT: 6,
  /** The other side answered with an error of its own. */
  ERROR: 7,
  /** There was no answer in time. */
  TIMEOUT: 8,
  /** The call was canceled elsewhere. */
  CANCELED: 9,
  /** Ctrl-C before the work was done. */
  SIGINT: 130,
  /** SIGTERM before the work was done. */
  SIGTERM: 143,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];
