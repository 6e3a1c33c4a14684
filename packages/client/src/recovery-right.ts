/** Whether a session may recover events: what the router has refused to it once, it is not asked for each subscription. */
import { ErrorUri } from '@wamp/protocol';
import { WampError } from './errors.ts';

/** A recovery that is about to ask the router; one of its functions is called. */
export interface Applicant {
  ask(): void;
  /** The router has refused recovery to this session. */
  refused(): void;
  /** The connection was lost before. */
  lost(): void;
}

/** The right of one WAMP session, as the answers of the router show it. */
export class RecoveryRight {
  static readonly #all = new WeakMap<object, RecoveryRight>();
  #state: 'unknown' | 'asked' | 'granted' | 'refused' = 'unknown';
  /** Those that wait for the first answer. */
  readonly #waiting: Applicant[] = [];

  static of(connection: object): RecoveryRight {
    const right = this.#all.get(connection) ?? new RecoveryRight();
    this.#all.set(connection, right);
    return right;
  }

  /** @param isDoubtful whether it was refused on the former connection: only one of these asks before there is an answer */
  use(applicant: Applicant, isDoubtful: boolean): void {
    if (this.#state === 'refused') applicant.refused();
    else if (this.#state === 'asked' && isDoubtful) this.#waiting.push(applicant);
    else {
      if (this.#state === 'unknown') this.#state = 'asked';
      applicant.ask();
    }
  }

  /** Called when the connection was lost before an answer. */
  lost(): void {
    for (const applicant of this.#waiting.splice(0)) applicant.lost();
  }

  /** Called with each answer. @param error of a request that failed @returns whether it says that recovery is refused */
  answered(error?: Error): boolean {
    const isRefused =
      WampError.is(error, ErrorUri.NOT_AUTHORIZED) || WampError.is(error, ErrorUri.NO_SUCH_PROCEDURE);
    this.#state = isRefused ? 'refused' : 'granted';
    for (const applicant of this.#waiting.splice(0)) {
      if (isRefused) applicant.refused();
      else applicant.ask();
    }
    return isRefused;
  }
}
