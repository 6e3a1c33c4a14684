/** A progress bar on stderr, on terminals only; it is erased at the end. */
import type { Io } from '../io/io.ts';
import { styleFor } from './style.ts';

const WIDTH = 30;
const WIPE = '\r\u001b[K';

export class Progress {
  readonly #io: Io;
  readonly #isShown: boolean;

  constructor(io: Io) {
    this.#io = io;
    this.#isShown = io.stderr.isTTY === true;
  }

  /** @param share from 0 to 1 @param words a description, such as a rate */
  show(share: number, words: string): void {
    if (!this.#isShown) return;
    const { green, dim } = styleFor(true, this.#io.env);
    const done = Math.round(Math.min(1, share) * WIDTH);
    const bar = green('█'.repeat(done)) + dim('░'.repeat(WIDTH - done));
    this.#io.stderr.write(`${WIPE}${bar} ${String(Math.round(share * 100)).padStart(3)} %  ${words}`);
  }

  clear(): void {
    if (this.#isShown) this.#io.stderr.write(WIPE);
  }
}
