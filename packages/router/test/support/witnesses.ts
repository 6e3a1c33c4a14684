/** Two sessions that work together, round by round: whatever others do, they lose nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { msgpack } from '@wamp/protocol/msgpack';
import { RawPeer } from './raw-socket.ts';
import { WsClient } from './web-socket.ts';

const TOPIC = 'witness.topic';
const PROCEDURE = 'witness.procedure';
/** How long they rest between two rounds (ms): without it, they would take most of the machine from those they witness. */
const REST = 5;

/** Rounds that are under way. */
interface Going {
  /** Resolves when one more round has come to its end. @throws Error when one went wrong */
  stop(): Promise<void>;
}

export class Witnesses {
  /** Publishes and calls, over WebSocket in JSON. */
  readonly #asking: WsClient;
  /** Subscribes and is called, over RawSocket in MessagePack. */
  readonly #serving: RawPeer;
  /** How many requests there were. */
  #number = 2;

  private constructor(asking: WsClient, serving: RawPeer) {
    this.#asking = asking;
    this.#serving = serving;
  }

  static async join(port: number): Promise<Witnesses> {
    const asking = await WsClient.join(`ws://127.0.0.1:${port}/ws`);
    const serving = await RawPeer.join(port, msgpack);
    serving.answersPings = true;
    isType(await serving.ask([32, 1, {}, TOPIC]), 33);
    isType(await serving.ask([64, 2, {}, PROCEDURE]), 65);
    // The router's own session calls from now on, too: it serves procedures.
    isType(await asking.ask([48, 1, {}, 'wamp.session.count']), 50);
    return new Witnesses(asking, serving);
  }

  /** An event and a call, there and back, each the very next thing that is heard. */
  async round(): Promise<void> {
    const number = (this.#number += 2);
    this.#asking.send([16, number, { acknowledge: true }, TOPIC, [number, 'ä']]);
    same((await this.#serving.message()).slice(4), [[number, 'ä']]);
    same((await this.#asking.next()).slice(0, 2), [17, number]);
    this.#asking.send([48, number + 1, {}, PROCEDURE, [number]]);
    const [, invocation, , , args] = await this.#serving.message();
    same(args, [number]);
    this.#serving.send([70, invocation, {}, args, { again: number }]);
    same(await this.#asking.next(), [50, number + 1, {}, [number], { again: number }]);
  }

  /** Begins round after round, with a rest after each. */
  goOn(): Going {
    let stopped = false;
    const rounds = async (): Promise<void> => {
      for (let last = false; !last;) {
        last = stopped;
        await this.round();
        if (!last) await sleep(REST);
      }
    };
    const done = rounds();
    done.catch(() => undefined); // heard by whoever stops it
    return {
      stop() {
        stopped = true;
        return done;
      },
    };
  }

  end(): void {
    this.#asking.socket.terminate();
    this.#serving.socket.destroy();
  }
}

function isType(message: readonly unknown[], type: number): void {
  same(message[0], type);
}

function same(heard: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(heard), JSON.stringify(expected)];
  if (one !== other) throw new Error(`a witness heard ${one} instead of ${other}`);
}
