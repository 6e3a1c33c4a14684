/** Decoys: what strangers are challenged with, so that they cannot tell that they are strangers (T-25). */
import { createHmac, randomBytes } from 'node:crypto';

export interface DecoyOptions {
  /**
   * From which all that is made up for strangers is derived. Drawn anew at every start by default; when it stays the
   * same, so does what a stranger is challenged with, as it does for everybody else.
   */
  readonly decoyKey?: string | Uint8Array | undefined;
}

/** Made-up credentials: always the same for one authid, and of the kind that others have. */
export class Decoys<C> {
  readonly #key: string | Uint8Array;
  readonly #known: readonly C[];
  readonly #otherwise: C;

  /**
   * @param known credentials, which strangers' shall resemble
   * @param otherwise what they resemble when none are known
   */
  constructor(known: readonly C[], otherwise: C, { decoyKey = randomBytes(32) }: DecoyOptions) {
    this.#key = decoyKey;
    this.#known = known;
    this.#otherwise = otherwise;
  }

  /** Credentials that the stranger's might be; which ones depends on the authid alone. */
  model(authid: string): C {
    const index = this.bytes(authid, 'model').readUIntBE(0, 6) % this.#known.length;
    return this.#known[index] ?? this.#otherwise;
  }

  /** Bytes that nobody can guess, 32 by default. @param use keeps bytes of several uses apart */
  bytes(authid: string, use: string, size: number = BLOCK_SIZE): Buffer {
    const blocks = Array.from({ length: Math.ceil(size / BLOCK_SIZE) }, (_, index) =>
      createHmac('sha256', this.#key).update(`${use}\0${index}\0${authid}`).digest(),
    );
    return Buffer.concat(blocks, size);
  }

  /** A text of the length and the kind of another: hex, base64, or neither. */
  textLike(other: string, authid: string, use: string): string {
    for (const encoding of ['hex', 'base64'] as const) {
      const { length } = Buffer.from(other, encoding);
      const text = this.bytes(authid, use, length).toString(encoding);
      if (Buffer.from(other, encoding).toString(encoding) === other) return text;
    }
    return this.bytes(authid, use, other.length).toString('base64url').slice(0, other.length);
  }
}

/** Of HMAC-SHA256. */
const BLOCK_SIZE = 32;
