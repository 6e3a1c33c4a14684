/** The exit codes and their meanings for scripts. Documented in the README and docs/cli.md; a test compares them. */

export const Exit = {
  /** Done. */
  DONE: 0,
  /** An error of this program, or of the machine: a full disk, an unreadable file. */
  FAULT: 1,
  /** The command line, the environment or a profile is invalid. */
  USAGE: 2,
  /** The router cannot be reached, or the connection was lost. */
  UNREACHABLE: 3,
  /** The router refuses the session. */
  REFUSED: 4,
  /** The router does not authorize the request. */
  DENIED: 5,
  /** There is no such procedure, subscription, registration or session. */
  ABSENT: 6,
  /** The peer answered with an error of its own. */
  ERROR: 7,
  /** There was no answer in time. */
  TIMEOUT: 8,
  /** The call was canceled by another party. */
  CANCELED: 9,
  /** Ctrl-C before the work was finished. */
  SIGINT: 130,
  /** SIGTERM before the work was finished. */
  SIGTERM: 143,
} as const;

export type ExitCode = (typeof Exit)[keyof typeof Exit];
