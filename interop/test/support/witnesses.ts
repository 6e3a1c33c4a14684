/** Two pairs of clients that do nothing wrong, and notice everything that goes wrong. */
import { MessageType, type Serializer } from '@wamp/protocol';
import { REALM } from './router.ts';
import { WireSession } from './wire-session.ts';

const TOPIC = 'org.witness.topic';
const PROCEDURE = 'org.witness.procedure';

export class Witnesses {
  /** Rounds that were asked for, and went well. */
  rounds = 0;
  readonly #publisher: WireSession;
  readonly #subscriber: WireSession;
  readonly #caller: WireSession;
  readonly #callee: WireSession;
  #last: Promise<void> = Promise.resolve();

  /** @param serializers of publisher and caller, then of subscriber and callee */
  static async join(port: number, [one, other]: readonly [Serializer, Serializer]): Promise<Witnesses> {
    const join = (serializer: Serializer): Promise<WireSession> =>
      WireSession.join({ port, serializer, realm: REALM });
    const subscriber = await join(other);
    await subscriber.ask([MessageType.SUBSCRIBE, 1, {}, TOPIC], MessageType.SUBSCRIBED);
    const callee = await join(other);
    await callee.ask([MessageType.REGISTER, 1, {}, PROCEDURE], MessageType.REGISTERED);
    return new Witnesses(await join(one), subscriber, await join(one), callee);
  }

  private constructor(
    publisher: WireSession,
    subscriber: WireSession,
    caller: WireSession,
    callee: WireSession,
  ) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#caller = caller;
    this.#callee = callee;
  }

  /** One publication and one call, once those before are through; rejects when anything is lost. */
  round(): Promise<void> {
    this.#last = this.#last.then(() => this.#round());
    return this.#last;
  }

  /** @throws when anything of the rounds so far was lost */
  async leave(): Promise<void> {
    await this.#last;
    const sessions = [this.#publisher, this.#subscriber, this.#caller, this.#callee];
    await Promise.all(sessions.map((session) => session.leave()));
  }

  async #round(): Promise<void> {
    const number = this.rounds + 1;
    await Promise.all([this.#publish(number), this.#call(number)]);
    this.rounds = number;
  }

  async #publish(number: number): Promise<void> {
    const text = `☃${number}`;
    this.#publisher.send([MessageType.PUBLISH, number, { acknowledge: true }, TOPIC, [number], { text }]);
    const [, request] = await this.#publisher.expect(MessageType.PUBLISHED);
    const [, , , , args, kwargs] = await this.#subscriber.expect(MessageType.EVENT);
    same([request, args, kwargs], [number, [number], { text }]);
  }

  async #call(number: number): Promise<void> {
    this.#caller.send([MessageType.CALL, number, {}, PROCEDURE, [number]]);
    const [, invocation, , , args] = await this.#callee.expect(MessageType.INVOCATION);
    this.#callee.send([MessageType.YIELD, invocation, {}, args]);
    const [, request, , result] = await this.#caller.expect(MessageType.RESULT);
    same([invocation, request, args, result], [number, number, [number], [number]]);
  }
}

function same(got: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(got), JSON.stringify(expected)];
  if (one !== other) throw new Error(`a witness saw ${one} instead of ${other}`);
}
