/** Watches files by polling, which also detects replaced symbolic links, as in Kubernetes. */
import { statSync } from 'node:fs';

/** The polling interval (ms). */
const INTERVAL = 2_000;

/** The watched files, and their last known state. */
export class FileWatch {
  readonly #files: () => readonly string[];
  #seen: string;
  #isDue = false;

  /** @param files the files to watch, asked for at each poll */
  constructor(files: () => readonly string[]) {
    this.#files = files;
    this.#seen = this.#look();
  }

  /**
   * Polls; true once files have changed and then remained unchanged for one interval, because they may be written in
   * parts.
   */
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

/** Identifies a version of a file: differs after it is written or replaced; undefined if it does not exist. */
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
 * @returns a function that stops watching
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
