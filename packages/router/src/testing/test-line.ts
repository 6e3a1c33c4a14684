/** The line of one client of a test realm, whose frames can be delayed, held back, cut off, and recorded. */
import {
  MessageType,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import type { TestNetwork } from './test-network.ts';

/** One direction of a line: runs steps in order, each after its delay. */
class Lane {
  readonly #network: TestNetwork;
  readonly #held: (() => void)[] = [];
  #underWay = 0;
  #lastDue = 0;

  constructor(network: TestNetwork) {
    this.#network = network;
  }

  pass(step: () => void): void {
    const { clock, latency } = this.#network;
    const due = Math.max(clock.elapsed() + latency, this.#underWay === 0 ? 0 : this.#lastDue);
    if (due <= clock.elapsed() && this.#underWay === 0) {
      this.#arrive(step);
      return;
    }
    this.#lastDue = due;
    this.#underWay += 1;
    clock.after(due - clock.elapsed(), () => {
      this.#underWay -= 1;
      this.#arrive(step);
    });
  }

  #arrive(step: () => void): void {
    if (!this.#network.paused && this.#held.length === 0) {
      step();
      return;
    }
    if (this.#held.push(step) > 1) return;
    this.#network.whenResumed(() => {
      for (const held of this.#held.splice(0)) held();
    });
  }
}

/** The client's end of a line. */
export class TestLine implements Transport {
  readonly serializer: Serializer;
  listener: TransportListener | undefined;
  readonly #inner: Transport;
  readonly #network: TestNetwork;
  readonly #outgoing: Lane;
  readonly #incoming: Lane;
  readonly #number: number;
  #isOpen = true;

  /**
   * @param serializer the serializer of the client
   * @param inner a transport to the router; the line becomes its listener
   * @param number the number of the connection
   */
  constructor(serializer: Serializer, inner: Transport, network: TestNetwork, number: number) {
    this.serializer = serializer;
    this.#number = number;
    this.#inner = inner;
    this.#network = network;
    this.#outgoing = new Lane(network);
    this.#incoming = new Lane(network);
    inner.listener = {
      frame: (bytes) => {
        const copy = bytes.slice();
        network.record(number, 'router', this.#read(copy));
        this.#incoming.pass(() => {
          if (this.#isOpen) this.listener?.frame(copy);
        });
      },
      violation: (what, failure) => {
        this.listener?.violation(what, failure);
      },
      closed: (reason) => {
        this.#incoming.pass(() => {
          this.#end(reason);
        });
      },
    };
  }

  get backlog(): number {
    return this.#inner.backlog;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#isOpen) return;
    const copy = frame.slice();
    this.#network.record(this.#number, 'client', this.#read(copy));
    this.#outgoing.pass(() => {
      this.#inner.send(copy);
    });
  }

  close(failure?: TransportFailure): void {
    this.#outgoing.pass(() => {
      this.#inner.close(failure);
    });
  }

  /** Breaks the connection: both ends are notified that it has closed. */
  cut(reason: string): void {
    this.#inner.close();
    this.#end(reason);
  }

  /** Sends GOODBYE from the router, and then ends the line. */
  dismiss(reason: string): void {
    const frame = this.serializer.encode({ type: MessageType.GOODBYE, details: {}, reason });
    this.#network.record(this.#number, 'router', this.#read(frame));
    this.listener?.frame(frame);
    this.cut('closed by the router');
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.listener?.closed(reason);
  }

  #read(frame: Uint8Array): readonly unknown[] {
    return this.serializer.decodePayload(frame, 1).args ?? [];
  }
}
