/** The network of a test realm: the latency of its frames, pauses, and a record of the frames. */
import type { Clock } from '../core/clock.ts';

/** A frame that a client of a test realm has sent, or was sent. */
export interface TestFrame {
  /** The number of the connection, from 1. */
  readonly connection: number;
  readonly from: 'client' | 'router';
  readonly message: readonly unknown[];
  /** When the frame was sent, by the realm's clock (ms since the epoch). */
  readonly at: number;
}

/** The number of recent frames that are kept. */
const MOST_FRAMES = 10_000;

export class TestNetwork {
  readonly clock: Clock;
  readonly frames: TestFrame[] = [];
  /** The time that a frame takes to the other end (ms). */
  latency = 0;
  readonly #resumed: (() => void)[] = [];
  #paused = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** True while no frame is delivered. */
  get paused(): boolean {
    return this.#paused;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const flow of this.#resumed.splice(0)) flow();
  }

  /** Calls `flow` when `paused` ends. */
  whenResumed(flow: () => void): void {
    this.#resumed.push(flow);
  }

  /** Records a frame that one of the ends has sent. */
  record(connection: number, from: TestFrame['from'], message: readonly unknown[]): void {
    this.frames.push({ connection, from, message, at: this.clock.now() });
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
  }
}
