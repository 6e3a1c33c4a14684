/** The door to a realm: logs requests in, and answers errors. */
import { ApplicationError } from '@wamp/protocol';
import type { Credentials, HttpGuest, LocalSession, Router } from '@wamp/router';
import { answerFor, type Answer } from './answers.ts';
import { errorOf, statusOf, statusOfLogin } from './status.ts';

export class Door {
  readonly #router: Router;
  readonly #realm: string;

  constructor(router: Router, realm: string) {
    this.#router = router;
    this.#realm = realm;
  }

  /** Logs a principal in. Rejects with an error for which {@link refusal} composes the answer. */
  async logIn({ peer, underlay }: HttpGuest, credentials: Credentials): Promise<LocalSession> {
    try {
      return await this.#router.logIn(this.#realm, credentials, { peer, underlay });
    } catch (error) {
      throw error instanceof ApplicationError ? new LoginRefused(error) : error;
    }
  }

  /** The answer for an error with which a request has failed. */
  refusal(error: unknown): Answer {
    if (error instanceof LoginRefused) return this.#challenge(error);
    if (!(error instanceof ApplicationError)) {
      this.#router.log('error', 'HTTP bridge failed', { code: 'http_bridge_failed', error });
    }
    const told = errorOf(error);
    return answerFor(told, statusOf(told));
  }

  /** RFC 9110 §11.6.1: the answer that requests authentication. */
  #challenge({ refusal }: LoginRefused): Answer {
    const answer = answerFor(refusal, statusOfLogin(refusal));
    if (answer.status !== 401) return answer;
    const realm = JSON.stringify(this.#realm);
    const challenge = `Bearer realm=${realm}, Basic realm=${realm}, charset="UTF-8"`;
    return { ...answer, headers: { 'www-authenticate': challenge } };
  }
}

/** The refusal of a log-in, to distinguish it from the refusal of a request. */
class LoginRefused extends Error {
  readonly refusal: ApplicationError;

  constructor(refusal: ApplicationError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
