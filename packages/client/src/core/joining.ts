/** The client's side of joining, from HELLO to WELCOME or ABORT, without I/O. */
import {
  ErrorUri,
  Code,
  type MessageType,
  Payload,
  ProtocolViolation,
  type Abort,
  type Authenticate,
  type Challenge,
  type Goodbye,
  type Hello,
  type Message,
  type Welcome,
} from '@wamp/protocol';
import type { AuthContext, Authenticator, Bindable, Signature } from '../auth/authenticator.ts';
import { SecretUnavailable } from '../auth/secret.ts';
import { AuthError, refusal, type ConnectError } from '../errors.ts';

/** What joining reports to its connection. */
export interface JoiningPort {
  /** The transport of the connection, for channel binding. */
  readonly transport: Bindable;
  readonly context: AuthContext;
  send(message: Message): void;
  joined(welcome: Welcome): void;
  /** Joining has failed. `abort` is sent to the router, unless it has already ended the session. */
  failed(error: ConnectError, abort?: Abort): void;
}

type State =
  | 'hello' // HELLO was sent
  | 'challenged' // an authenticator computes the answer
  | 'authenticating' // AUTHENTICATE was sent
  | 'welcomed' // an authenticator checks the WELCOME
  | 'done';

type Step = (joining: Joining, message: never) => void;

const welcomed = (joining: Joining, message: Welcome): void => joining.welcomed(message);
const challenged = (joining: Joining, message: Challenge): void => joining.challenged(message);
const refused = (joining: Joining, message: Abort | Goodbye): void => joining.refused(message);

/** The messages accepted in each state; any other is a protocol violation (SES-10, VIO-3). */
const STEPS: Readonly<Record<State, Readonly<Partial<Record<MessageType, Step>>>>> = {
  hello: {
    [Code.WELCOME]: welcomed,
    [Code.CHALLENGE]: challenged,
    [Code.ABORT]: refused,
  },
  challenged: { [Code.ABORT]: refused },
  authenticating: {
    [Code.WELCOME]: welcomed,
    [Code.CHALLENGE]: challenged, // SES-11: a second factor
    [Code.ABORT]: refused,
  },
  // The router considers the session open, so it may close it.
  welcomed: { [Code.ABORT]: refused, [Code.GOODBYE]: refused },
  done: {},
};

/** Builds an ABORT of three elements: some routers do not accept more (T-38). */
export function abort(reason: string, message: string): Abort {
  return { type: Code.ABORT, details: { message }, reason, payload: Payload.none };
}

/** One attempt to join a realm. */
export class Joining {
  #state: State = 'hello';
  /** The authenticator that answered a challenge, and therefore checks the WELCOME. */
  readonly #challenged = new Set<Authenticator>();
  /** Aborts authenticators when joining has ended. */
  readonly #work = new AbortController();
  readonly #authenticators: readonly Authenticator[];
  readonly #port: JoiningPort;

  constructor(authenticators: readonly Authenticator[], port: JoiningPort) {
    this.#authenticators = authenticators;
    this.#port = port;
  }

  start(hello: Hello): void {
    this.#port.send(hello);
  }

  /** @throws ProtocolViolation for a message that may not arrive now */
  receive(message: Message): void {
    const step = STEPS[this.#state][message.type];
    if (step === undefined)
      throw new ProtocolViolation(`message type ${message.type} before the session is open`);
    // The table maps each type to the step that accepts it.
    step(this, message as never);
  }

  /** Stops joining, even if an authenticator is still busy. */
  stop(): void {
    this.#state = 'done';
    this.#work.abort();
  }

  welcomed(message: Welcome): void {
    const judges = this.#judgesOf(message);
    if (judges.length === 0) {
      this.#state = 'done';
      this.#port.joined(message);
      return;
    }
    this.#state = 'welcomed';
    void this.#ask(
      'welcomed',
      () => this.#judge(judges, message),
      () => {
        this.#state = 'done';
        this.#port.joined(message);
      },
    );
  }

  /**
   * The authenticators that check the WELCOME: those that were challenged, or if there are none, those of its
   * authmethod.
   */
  #judgesOf({ details }: Welcome): readonly Authenticator[] {
    if (this.#challenged.size > 0)
      return [...this.#challenged].filter((judge) => judge.welcome !== undefined);
    const named = this.#authenticators.filter(({ method }) => method === details.authmethod);
    const candidates = named.length > 0 ? named : this.#authenticators;
    return candidates.every((judge) => judge.welcome !== undefined) ? candidates : [];
  }

  /** @throws Error if the router failed to authenticate itself */
  async #judge(judges: readonly Authenticator[], { details }: Welcome): Promise<void> {
    for (const judge of judges) {
      if (judge.challenge !== undefined && !this.#challenged.has(judge)) {
        throw new Error(`The router lets us in by ${judge.method}, and has not proved who it is.`);
      }
      await judge.welcome?.(details.authextra ?? {});
    }
  }

  challenged({ authmethod, extra }: Challenge): void {
    const authenticator = this.#authenticators.find(({ method }) => method === authmethod);
    if (authenticator?.challenge === undefined) {
      throw new ProtocolViolation(`CHALLENGE of method ${authmethod}, which was not offered`);
    }
    const respond = authenticator.challenge.bind(authenticator);
    this.#challenged.add(authenticator);
    this.#state = 'challenged';
    void this.#ask(
      'challenged',
      () => respond(extra, this.#port.transport, this.#work.signal, this.#port.context),
      (signature) => {
        const message = authenticate(signature);
        this.#state = 'authenticating';
        this.#port.send(message);
      },
    );
  }

  refused(message: Abort | Goodbye): void {
    const hasProved = this.#state === 'authenticating';
    this.#state = 'done';
    const { args, kwargs } = message.type === Code.ABORT ? message.payload : Payload.none;
    this.#port.failed(refusal(message.reason, args, kwargs, message.details, hasProved));
  }

  /** Waits for an authenticator, unless joining has ended meanwhile. */
  async #ask<T>(during: State, question: () => T | Promise<T>, answered: (answer: T) => void): Promise<void> {
    try {
      const answer = await question();
      if (this.#state === during) answered(answer);
    } catch (thrown) {
      if (this.#state === 'done') return;
      this.#state = 'done';
      const uri = ErrorUri.AUTHENTICATION_FAILED;
      const fatal = !(thrown instanceof SecretUnavailable);
      const cause: unknown = fatal ? thrown : thrown.cause;
      const error = new AuthError(uri, ['The authenticator failed.'], fatal, { cause });
      this.#port.failed(error, abort(uri, 'The client cannot authenticate.'));
    }
  }
}

function authenticate(signature: Signature): Authenticate {
  const answer = typeof signature === 'object' ? signature : { signature };
  if (typeof answer.signature !== 'string') throw new TypeError('A signature is a string.');
  return { type: Code.AUTHENTICATE, extra: {}, ...answer };
}
