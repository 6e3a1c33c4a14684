/** Account: bytes in use, up to a limit. */

/**
 * Bytes in use, up to a limit. A reservation also counts in all accounts above this one: that of the realm, and that of
 * the process.
 */
export class Account {
  #limit: number;
  #above: Account | undefined;
  readonly #met: (() => void) | undefined;
  #used = 0;

  /**
   * @param limit the maximum number of bytes
   * @param met called for each reservation, in this account or one below it, that this limit refuses
   */
  constructor(limit: number, above?: Account, met?: () => void) {
    this.#limit = limit;
    this.#above = above;
    this.#met = met;
  }

  /** The maximum number of bytes. */
  get limit(): number {
    return this.#limit;
  }

  /** Changes the limit. Bytes in use stay in use, even where they exceed it. */
  resize(limit: number): void {
    this.#limit = limit;
  }

  /** Releases the bytes in use in all accounts above, and counts there no longer: the owner of the data is being removed. */
  detach(): void {
    this.#above?.release(this.#used);
    this.#above = undefined;
  }

  /** The number of bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** Whether the account is full. */
  get isFull(): boolean {
    return this.#used >= this.#limit;
  }

  /** Whether this number of bytes can be reserved in this account and all above it. */
  fits(bytes: number): boolean {
    return this.#used + bytes <= this.#limit && (this.#above?.fits(bytes) ?? true);
  }

  /** Whether this number of bytes could be reserved if everything in this account were released, and nothing in others. */
  canFit(bytes: number): boolean {
    return bytes <= this.#limit && (this.#above?.fits(bytes - this.#used) ?? true);
  }

  /** Reserves bytes. @returns false, having reserved none, when they do not fit in this account or one above */
  reserve(bytes: number): boolean {
    if (!this.fits(bytes)) {
      this.#tell(bytes);
      return false;
    }
    this.#add(bytes);
    return true;
  }

  /** Releases reserved bytes. */
  release(bytes: number): void {
    this.#add(-bytes);
  }

  #tell(bytes: number): void {
    if (this.#used + bytes > this.#limit) this.#met?.();
    else if (this.#above !== undefined) this.#above.#tell(bytes);
  }

  #add(bytes: number): void {
    this.#used += bytes;
    if (this.#above !== undefined) this.#above.#add(bytes);
  }
}
