/** Decoys: made-up challenges for unknown authids, so that a client cannot tell which authids exist (T-25). */
import { createHmac, randomBytes } from 'node:crypto';

export interface DecoyOptions {
  /**
   * The key from which all decoys are derived; random at every start by default. With a fixed key, the challenge for an
   * unknown authid stays the same across restarts, like that for a known one.
   */
  readonly decoyKey?: string | Uint8Array | undefined;
}

/** Made-up credentials: always the same for one authid, and similar to those of known principals. */
export class Decoys<C> {
  readonly #key: string | Uint8Array;
  readonly #known: readonly C[];
  readonly #otherwise: C;

  /**
   * @param known the credentials that decoys resemble
   * @param otherwise the credentials that they resemble when none are known
   */
  constructor(known: readonly C[], otherwise: C, { decoyKey = randomBytes(32) }: DecoyOptions) {
    this.#key = decoyKey;
    this.#known = known;
    this.#otherwise = otherwise;
  }

  /** The known credentials that serve as the model; the choice depends on the authid only. */
  model(authid: string): C {
    const index = this.bytes(authid, 'model').readUIntBE(0, 6) % this.#known.length;
    return this.#known[index] ?? this.#otherwise;
  }

  /** Unpredictable bytes, 32 by default. @param use separates the bytes of different uses */
  bytes(authid: string, use: string, size: number = BLOCK_SIZE): Buffer {
    const blocks = Array.from({ length: Math.ceil(size / BLOCK_SIZE) }, (_, index) =>
      createHmac('sha256', this.#key).update(`${use}\0${index}\0${authid}`).digest(),
    );
    return Buffer.concat(blocks, size);
  }

  /** A text of the same length and kind as another: hex, base64, or neither. */
  textLike(other: string, authid: string, use: string): string {
    for (const encoding of ['hex', 'base64'] as const) {
      const { length } = Buffer.from(other, encoding);
      const text = this.bytes(authid, use, length).toString(encoding);
      if (Buffer.from(other, encoding).toString(encoding) === other) return text;
    }
    return this.bytes(authid, use, other.length).toString('base64url').slice(0, other.length);
  }
}

/** The length of an HMAC-SHA256 (bytes). */
const BLOCK_SIZE = 32;
