/** Whom the meta APIs are asked through. */
import type { Session } from '../session.ts';

/** A session, whatever its contract. */
export interface MetaSession {
  readonly untyped: Session;
}
