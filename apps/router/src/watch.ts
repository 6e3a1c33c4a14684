/** Watches files by looking at them at intervals: that also sees links that are exchanged, as Kubernetes does. */
import { statSync } from 'node:fs';

/** From one look to the next (ms). */
const INTERVAL = 2_000;

/** Files, and what was last seen of them. */
export class FileWatch {
  readonly #files: () => readonly string[];
  #seen: string;
  #isDue = false;

  /** @param files those to look at, asked each time */
  constructor(files: () => readonly string[]) {
    this.#files = files;
    this.#seen = this.#look();
  }

  /** Looks; true once files have changed and then stayed the same from one look to the next: they may be written in pieces. */
  hasSettled(): boolean {
    const before = this.#seen;
    this.#seen = this.#look();
    const wasDue = this.#isDue;
    this.#isDue = this.#seen !== before;
    return wasDue && !this.#isDue;
  }

  #look(): string {
    return this.#files().map(stampOf).join(' ');
  }
}

/** What differs when a file is written, or another takes its place; nothing is known of one that is not there. */
function stampOf(file: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(file);
    return `${file}:${ino}:${size}:${mtimeMs}`;
  } catch {
    return file;
  }
}

/**
 * Calls `changed` when files have changed.
 * @returns what ends that
 */
export function whenFilesChange(files: () => readonly string[], changed: () => void): () => void {
  const watch = new FileWatch(files);
  const timer = setInterval(() => {
    if (watch.hasSettled()) changed();
  }, INTERVAL);
  timer.unref();
  return () => {
    clearInterval(timer);
  };
}
