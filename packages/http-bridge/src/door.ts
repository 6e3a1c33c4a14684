/** The door to a realm: log-ins for requests, and answers for what is refused there. */
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

  /** A session of the principal. Rejects with what {@link refusal} has an answer for. */
  async logIn({ peer, underlay }: HttpGuest, credentials: Credentials): Promise<LocalSession> {
    try {
      return await this.#router.logIn(this.#realm, credentials, { peer, underlay });
    } catch (error) {
      throw error instanceof ApplicationError ? new LoginRefused(error) : error;
    }
  }

  /** The answer for what a request has failed with. */
  refusal(error: unknown): Answer {
    if (error instanceof LoginRefused) return this.#challenge(error);
    if (!(error instanceof ApplicationError)) {
      this.#router.log('error', 'HTTP bridge failed', { code: 'http_bridge_failed', error });
    }
    const told = errorOf(error);
    return answerFor(told, statusOf(told));
  }

  /** RFC 9110 §11.6.1: says how to authenticate. */
  #challenge({ refusal }: LoginRefused): Answer {
    const answer = answerFor(refusal, statusOfLogin(refusal));
    if (answer.status !== 401) return answer;
    const realm = JSON.stringify(this.#realm);
    const challenge = `Bearer realm=${realm}, Basic realm=${realm}, charset="UTF-8"`;
    return { ...answer, headers: { 'www-authenticate': challenge } };
  }
}

/** A log-in was refused, and no request. */
class LoginRefused extends Error {
  readonly refusal: ApplicationError;

  constructor(refusal: ApplicationError) {
    super(refusal.message);
    this.refusal = refusal;
  }
}
