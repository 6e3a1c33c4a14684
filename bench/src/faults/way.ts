/** One direction of a connection through the fault proxy, under changing conditions. */
import type { Socket } from 'node:net';

/** The conditions for bytes in transit. */
export interface Weather {
  /** True while no data is passed on. */
  isSilent: boolean;
  /** The delay of all data (ms). */
  delay: number;
  /** The maximum number of bytes that are written at once; Infinity for no limit. */
  piece: number;
  /** The maximum rate (bytes per ms); Infinity for no limit. */
  rate: number;
}

function fairWeather(): Weather {
  return { isSilent: false, delay: 0, piece: Infinity, rate: Infinity };
}

/** When this much waits, reading from the sender pauses (bytes). */
const MOST_WAITING = 256 * 1024;

export class Way {
  readonly weather: Weather = fairWeather();
  readonly #from: Socket;
  readonly #to: Socket;
  #waiting: Buffer[] = [];
  #bytes = 0;
  #isBusy = false;
  #isOver = false;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes: Buffer) => {
      this.#waiting.push(bytes);
      this.#bytes += bytes.length;
      if (this.#bytes > MOST_WAITING) from.pause();
      this.#forward();
    });
    from.on('end', () => {
      this.#isOver = true;
      this.#forward();
    });
  }

  /** Called when the conditions have changed. */
  look(): void {
    this.#forward();
  }

  #forward(): void {
    if (this.#isBusy || this.weather.isSilent || this.#to.destroyed) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      if (this.#isOver) this.#to.end();
      return;
    }
    const { piece, rate, delay } = this.weather;
    const part = next.subarray(0, Math.max(1, Math.min(piece, rate)));
    if (part.length < next.length) this.#waiting.unshift(next.subarray(part.length));
    this.#isBusy = true;
    const send = (): void => this.#send(part);
    if (delay > 0) setTimeout(send, delay);
    else if (rate < Infinity) setTimeout(send, 1);
    else if (piece < Infinity) setImmediate(send);
    else send();
  }

  #send(part: Buffer): void {
    this.#isBusy = false;
    if (this.weather.isSilent) {
      this.#waiting.unshift(part);
      return;
    }
    this.#bytes -= part.length;
    if (this.#bytes < MOST_WAITING / 2) this.#from.resume();
    if (!this.#to.destroyed) this.#to.write(part);
    this.#forward();
  }
}
