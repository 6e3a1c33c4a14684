/** The network of a test realm: how long its frames take, whether any arrive, and which there were. */
import type { Clock } from '../core/clock.ts';

/** A frame that a client of a test realm has sent, or was sent. */
export interface TestFrame {
  /** The number of the connection, from 1. */
  readonly connection: number;
  readonly from: 'client' | 'router';
  readonly message: readonly unknown[];
  /** When it was sent, ms since the epoch, by the realm's clock. */
  readonly at: number;
}

/** How many frames it remembers, the latest. */
const MOST_FRAMES = 10_000;

export class TestNetwork {
  readonly clock: Clock;
  readonly frames: TestFrame[] = [];
  /** Milliseconds that a frame is under way. */
  latency = 0;
  readonly #resumed: (() => void)[] = [];
  #paused = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** True while nothing arrives. */
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

  /** A frame was sent from one of the ends. */
  record(connection: number, from: TestFrame['from'], message: readonly unknown[]): void {
    this.frames.push({ connection, from, message, at: this.clock.now() });
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
  }
}
