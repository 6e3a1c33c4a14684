/** Channel: questions and answers between the first process and one of its workers, numbered, over the IPC of Node. */

/** The process at the other end, as Node sees it. */
export interface Port {
  send(message: object): void;
}

/** What the question of a name says, and what its answer is, in an interface of questions: `reload: [boolean, Reloaded]`. */
type SaysOf<Q, K extends keyof Q> = Q[K] extends readonly [infer S, unknown] ? S : never;
type AnswerOf<Q, K extends keyof Q> = Q[K] extends readonly [unknown, infer A] ? A : never;

/** Answers the questions of the other end; a promise that rejects is an error there. */
export type Answers<Q> = {
  readonly [K in keyof Q]: (says: SaysOf<Q, K>) => AnswerOf<Q, K> | Promise<AnswerOf<Q, K>>;
};

/** What goes over the port. */
type Message =
  | { readonly wamp: 'question'; readonly number: number; readonly name: string; readonly says: unknown }
  | { readonly wamp: 'answer'; readonly number: number; readonly is: unknown }
  | { readonly wamp: 'failure'; readonly number: number; readonly why: string };

interface Open {
  readonly done: (answer: unknown) => void;
  readonly failed: (error: Error) => void;
}

/**
 * One end of a channel.
 * @typeParam Q what this end asks
 * @typeParam A what the other end asks
 */
export class Channel<Q, A> {
  readonly #port: Port;
  /** By the names of the questions. */
  readonly #answers: ReadonlyMap<string, (says: unknown) => unknown>;
  readonly #open = new Map<number, Open>();
  #asked = 0;
  #closed: string | undefined;

  constructor(port: Port, answers: Answers<A>) {
    this.#port = port;
    this.#answers = new Map(Object.entries(answers as Record<string, (says: unknown) => unknown>));
  }

  /**
   * Asks the other end.
   * @param patience how long to wait for the answer (ms); forever by default
   * @throws Error when it does not answer in time, is gone, or failed
   */
  ask<K extends keyof Q & string>(name: K, says: SaysOf<Q, K>, patience?: number): Promise<AnswerOf<Q, K>> {
    const number = (this.#asked += 1);
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(new Error(this.#closed));
        return;
      }
      const late = (): void => {
        this.#settle(number)?.failed(new Error(`${name}: no answer within ${patience ?? 0} ms`));
      };
      const timer = patience === undefined ? undefined : setTimeout(late, patience);
      const end = (): void => {
        clearTimeout(timer);
      };
      this.#open.set(number, {
        done(answer) {
          end();
          resolve(answer as AnswerOf<Q, K>);
        },
        failed(error) {
          end();
          reject(error);
        },
      });
      this.#send({ wamp: 'question', number, name, says });
    });
  }

  /** A message has come from the other end; what is none of a channel is ignored. */
  received(message: unknown): void {
    if (!isMessage(message)) return;
    switch (message.wamp) {
      case 'question':
        void this.#answer(message);
        return;
      case 'answer':
        this.#settle(message.number)?.done(message.is);
        return;
      case 'failure':
        this.#settle(message.number)?.failed(new Error(message.why));
    }
  }

  /** The other end is gone: nothing is answered any more. */
  close(why: string): void {
    this.#closed ??= why;
    for (const number of [...this.#open.keys()]) this.#settle(number)?.failed(new Error(why));
  }

  async #answer({ number, name, says }: Extract<Message, { wamp: 'question' }>): Promise<void> {
    try {
      const answer = this.#answers.get(name);
      if (answer === undefined) throw new Error(`${name}: no such question`);
      this.#send({ wamp: 'answer', number, is: (await answer(says)) ?? null });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#send({ wamp: 'failure', number, why });
    }
  }

  #settle(number: number): Open | undefined {
    const open = this.#open.get(number);
    this.#open.delete(number);
    return open;
  }

  #send(message: Message): void {
    if (this.#closed !== undefined) return;
    try {
      this.#port.send(message);
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }
}

function isMessage(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('wamp' in message)) return false;
  return message.wamp === 'question' || message.wamp === 'answer' || message.wamp === 'failure';
}
