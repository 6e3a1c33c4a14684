/** The part of a realm that the anteroom uses. */
import type { Id, MatchPolicy, Register, Uri } from '@wamp/protocol';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Registration } from '../core/registration.ts';
import type { Session } from '../core/session.ts';
import type { ClaimTicket, ClaimVerdict } from './claim-rules.ts';

export interface AnteroomRealm {
  readonly core: CoreRealm;
  /** Why no message is processed at present; undefined while the node serves. */
  readonly closed: string | undefined;
  /** The id of a registration; for one that does not exist yet, the id that it will get. */
  registrationId(match: MatchPolicy, procedure: Uri): Id;
  claim(session: Session, message: Register, tell: (verdict: ClaimVerdict) => void): ClaimTicket;
  announce(session: Session, message: Register, order: number): () => void;
  /** The order with which the other nodes know a callee, or one that is about to register; undefined if they do not. */
  announcedOrder(session: Session, pattern: Pick<Registration, 'match' | 'procedure'>): number | undefined;
  retract(session: Session, registration: Registration, done: () => void): void;
  interest(match: MatchPolicy, topic: Uri): (() => void) | undefined;
  /** Calls `done` once the other nodes have processed all that was sent to them so far, or after a second. */
  settled(done: () => void): void;
}
