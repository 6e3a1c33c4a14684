/** Log-in without a connection: authenticators check credentials, and the result is a session of this process. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  type Challenge,
  type Dict,
  type Hello,
  type Uri,
} from '@wamp/protocol';
import type { Underlay } from '../auth/authenticator.ts';
import type { RouterEvents } from '../events.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { whyNot } from '../session/destination.ts';
import { Joining, type Joined, type JoiningRouter, type Step } from '../session/joining.ts';
import { joinLocally, rolesToAnnounce, type LocalOptions } from '../session/local-join.ts';
import type { LocalRouter } from '../session/local-member.ts';
import type { LocalSession } from '../session/local-session.ts';
import type { Admission } from './admission.ts';
import { deadline } from './deadline.ts';
import type { Place } from './place.ts';

/** How a principal proves its identity: the authentication details of HELLO, and the answer to a challenge. */
export interface Credentials {
  /** The authid that the principal claims; by default, the authenticator determines it. */
  readonly authid?: string;
  /** The methods that the principal offers, in order of preference; `anonymous` by default. */
  readonly authmethods?: readonly string[];
  readonly authextra?: Dict;
  /**
   * Returns the signature for a challenge; for `ticket`, the ticket. Without this function, a challenge ends the log-in.
   * @param method the method that the authenticator has chosen
   * @param extra CHALLENGE.Extra
   */
  readonly answer?: (method: string, extra: Dict) => string;
}

export interface LoginOptions extends Omit<LocalOptions, 'principal' | 'trusted' | 'transport'> {
  /** Describes the client in the session meta API, such as `{ type: 'http', peer: 'tcp:192.0.2.1:50000' }`. */
  readonly peer?: Dict;
  /** Describes the client to authenticators only; failed attempts are counted for its address. */
  readonly underlay?: Underlay;
}

/** The parts of the router that this module uses. */
export interface LoginRouter extends JoiningRouter, LocalRouter {
  readonly clock: JoiningRouter['clock'];
  readonly log: JoiningRouter['log'];
  readonly events: RouterEvents;
  readonly limits: Limits;
  readonly limited: LimitTally;
  readonly admission: Pick<Admission, 'place'>;
}

/** The connection number in events about a log-in without a connection. */
const NO_CONNECTION = 0;

/**
 * Authenticates a principal as a client would, in a slot for handshakes, and joins the realm on its behalf.
 * @throws ApplicationError with the URI of ABORT
 */
export async function logIn(
  router: LoginRouter,
  name: Uri,
  credentials: Credentials,
  options: LoginOptions,
): Promise<LocalSession> {
  const { peer = {}, underlay = {} } = options;
  const place = router.admission.place(underlay.address);
  const joining = new Joining(router, peer, bound(underlay, name), undefined);
  const { type = 'local' } = peer;
  const facts = { connection: NO_CONNECTION, transport: String(type), address: underlay.address };
  try {
    await slot(place);
    const joined = await conclude(router, joining, name, credentials);
    const session = joinAs(router, joined, options);
    const { authmethod: method, authid, authrole } = joined.principal;
    const who = { realm: name, session: session.id, method, authid, authrole };
    router.events.emit({ code: 'login_accepted', ...facts, ...who });
    return session;
  } catch (error) {
    const { uri, args } = refusalOf(error);
    const message = typeof args[0] === 'string' ? args[0] : '';
    router.events.emit({ code: 'login_refused', ...facts, ...joining.attempt, reason: uri, message });
    throw error;
  } finally {
    joining.stop();
    place.gone();
  }
}

/** No authenticator can name another realm: the caller serves this one. */
function bound(underlay: Underlay, name: Uri): Underlay {
  const { entrance } = underlay;
  const realms = entrance?.realms?.includes(name) === false ? [] : [name];
  return { ...underlay, entrance: { ...entrance, realms } };
}

/** Waits for a slot. @throws ApplicationError `wamp.error.unavailable` when it is refused */
function slot(place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (): void => {
      reject(new ApplicationError(ErrorUri.UNAVAILABLE, ['too many clients are joining; try again later']));
    };
    place.ask({ begin: resolve, refuse });
  });
}

/** Runs the handshake from HELLO to the verdict, with its deadlines. */
function conclude(
  router: LoginRouter,
  joining: Joining,
  realm: Uri,
  credentials: Credentials,
): Promise<Joined> {
  return new Promise((resolve, reject) => {
    const late = (): void => {
      reject(new ApplicationError(ErrorUri.UNAVAILABLE, ['authentication took too long; try again later']));
    };
    let dismiss = deadline(router, 'authenticate_timeout', late);
    const settle = async (): Promise<Joined> => {
      let step = await joining.receive(helloFor(realm, credentials));
      if (step !== undefined && 'challenge' in step) {
        const judging = joining.receive(answerTo(step.challenge, credentials));
        dismiss();
        dismiss = deadline(router, 'authenticate_timeout', late, joining.delay);
        step = await judging;
      }
      return joinedOf(step);
    };
    settle()
      .then(resolve, reject)
      .finally(() => {
        dismiss();
      });
  });
}

function helloFor(realm: Uri, { authid, authmethods, authextra }: Credentials): Hello {
  const details: Record<string, unknown> = { roles: rolesToAnnounce() };
  if (authid !== undefined) details['authid'] = authid;
  if (authmethods !== undefined) details['authmethods'] = authmethods;
  if (authextra !== undefined) details['authextra'] = authextra;
  return { type: MessageType.HELLO, realm, details: details as Hello['details'] };
}

function answerTo(
  { authmethod, extra }: Challenge,
  { answer }: Credentials,
): Parameters<Joining['receive']>[0] {
  if (answer === undefined) {
    throw new ApplicationError(ErrorUri.AUTHENTICATION_REQUIRED, [
      `the method ${authmethod} requires an answer to its challenge; pass credentials.answer`,
    ]);
  }
  return { type: MessageType.AUTHENTICATE, signature: answer(authmethod, extra), extra: {} };
}

function joinedOf(step: Awaited<Step>): Joined {
  if (step !== undefined && 'joined' in step) return step.joined;
  if (step !== undefined && 'abort' in step) throw new ApplicationError(step.abort, [step.message]);
  throw new ApplicationError(ErrorUri.AUTHENTICATION_FAILED, ['more than one challenge is not supported']);
}

function joinAs(router: LoginRouter, joined: Joined, { peer, roles, hears }: LoginOptions): LocalSession {
  const refusal = whyNot(router, joined);
  const guarded = router.guardedRealm(joined.realm.name);
  if (refusal !== undefined || guarded === undefined) {
    throw new ApplicationError(refusal?.abort ?? ErrorUri.NO_SUCH_REALM, [refusal?.message ?? '']);
  }
  return joinLocally(
    router,
    guarded,
    {
      principal: joined.principal,
      ...(peer === undefined ? {} : { transport: peer }),
      ...(roles === undefined ? {} : { roles }),
      ...(hears === undefined ? {} : { hears }),
    },
    joined.id,
  );
}

function refusalOf(error: unknown): ApplicationError {
  return error instanceof ApplicationError ? error : new ApplicationError(ErrorUri.INTERNAL_ERROR);
}
