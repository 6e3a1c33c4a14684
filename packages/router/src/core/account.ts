/** Account: bytes in use, up to a limit. */

/**
 * Bytes in use, up to a limit. What is reserved here is reserved in all accounts above as well: in that of the realm, and
 * in that of the process.
 */
export class Account {
  readonly limit: number;
  readonly #above: Account | undefined;
  readonly #met: (() => void) | undefined;
  #used = 0;

  /**
   * @param limit in bytes
   * @param met is called for each reservation, here or below, that this limit forbids
   */
  constructor(limit: number, above?: Account, met?: () => void) {
    this.limit = limit;
    this.#above = above;
    this.#met = met;
  }

  /** Bytes. */
  get used(): number {
    return this.#used;
  }

  /** Whether nothing more fits in. */
  get isFull(): boolean {
    return this.#used >= this.limit;
  }

  /** Whether so many bytes can be reserved, here and above. */
  fits(bytes: number): boolean {
    return this.#used + bytes <= this.limit && (this.#above?.fits(bytes) ?? true);
  }

  /** Whether so many bytes could be reserved if everything were released here, though not in other accounts. */
  canFit(bytes: number): boolean {
    return bytes <= this.limit && (this.#above?.fits(bytes - this.#used) ?? true);
  }

  /** Takes so many bytes. @returns false, and takes none, when they do not fit here or above */
  reserve(bytes: number): boolean {
    if (!this.fits(bytes)) {
      this.#tell(bytes);
      return false;
    }
    this.#add(bytes);
    return true;
  }

  /** Gives back what was reserved. */
  release(bytes: number): void {
    this.#add(-bytes);
  }

  #tell(bytes: number): void {
    if (this.#used + bytes > this.limit) this.#met?.();
    else if (this.#above !== undefined) this.#above.#tell(bytes);
  }

  #add(bytes: number): void {
    this.#used += bytes;
    if (this.#above !== undefined) this.#above.#add(bytes);
  }
}
