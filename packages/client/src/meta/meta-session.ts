/** The session through which meta procedures are called. */
import type { Session } from '../session.ts';

/** A session with any contract. */
export interface MetaSession {
  readonly untyped: Session;
}
