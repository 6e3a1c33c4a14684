/** Payload Passthru Mode: payloads that the router forwards without decoding, and that may be encrypted. */
import { Code, Payload, type PassthruAttributes, type Serializer, type Uri } from '@wamp/protocol';
import { checkOptions, having, rule, type Rules } from './options.ts';
import type { Packed, Passthru, Plain } from './core/passthru.ts';

export type { Packed, Passthru, PassthruOption, Plain } from './core/passthru.ts';

/** What a cipher is told about a payload, besides its bytes. */
export interface CipherContext {
  readonly scheme: string;
  /** The procedure or topic. */
  readonly uri: Uri;
  /** The key id: as configured for what is sent, as named by the sender for what is received. */
  readonly keyId: string | undefined;
}

/** How payloads are encrypted. */
export interface Cipher {
  /** Such as `xsalsa20poly1305` or `aes256gcm`. */
  readonly name: string;
  /** Tells the receiver which key to use. */
  readonly keyId?: string | undefined;
  encrypt(plaintext: Uint8Array, context: CipherContext): Uint8Array | Promise<Uint8Array>;
  /** Throws or rejects if the bytes cannot be decrypted or authenticated. */
  decrypt(ciphertext: Uint8Array, context: CipherContext): Uint8Array | Promise<Uint8Array>;
}

/** How payloads are packed. */
export interface PassthruOptions {
  /** `wamp`, `mqtt`, or a custom name that starts with `x_`. */
  readonly scheme: string;
  /**
   * The serializer of the payload, or `native`: then the payload is one positional argument, a `Uint8Array`, which is
   * sent unchanged. Default: `native` for `mqtt`; required for the others.
   */
  readonly serializer?: Serializer | 'native' | undefined;
  readonly cipher?: Cipher | undefined;
}

const PASSTHRU_OPTIONS: Rules<PassthruOptions> = {
  scheme: rule(
    'wamp, mqtt, or a name that starts with x_',
    (value) => typeof value === 'string' && /^(wamp|mqtt|x_.+)$/s.test(value),
  ),
  serializer: (value) =>
    value === 'native' ? undefined : having("a serializer, or 'native'", 'encodePayload')(value),
  cipher: having('a cipher, which encrypts and decrypts', 'decrypt'),
};

/**
 * For option `passthru` of `call`, `stream`, `publish`, `subscribe` and `register`. Received payloads are read only
 * if they name the same serializer and the same cipher.
 *
 * @example const secret = passthru({ scheme: 'wamp', serializer: cbor, cipher });
 *   await session.publish('chat.secret', ['psst'], { passthru: secret });
 * @throws TypeError for options that the specification does not define
 */
export function passthru(options: PassthruOptions): Passthru {
  checkOptions('passthru', PASSTHRU_OPTIONS, options, passthru);
  const { scheme, cipher } = options;
  const { serializer = scheme === 'mqtt' ? 'native' : undefined } = options;
  if (serializer === undefined || (scheme === 'wamp' && nameOf(serializer) !== 'cbor')) {
    throw new TypeError(`Scheme ${scheme} needs a serializer${scheme === 'wamp' ? ': cbor' : ''}.`);
  }
  const sent: PassthruAttributes = {
    ppt_scheme: scheme,
    ppt_serializer: nameOf(serializer),
    ...(cipher !== undefined && { ppt_cipher: cipher.name }),
    ...(cipher?.keyId !== undefined && { ppt_keyid: cipher.keyId }),
  };
  return {
    scheme,
    async pack(payload, uri): Promise<Packed> {
      const bytes = write(serializer, payload);
      if (cipher === undefined) return { bytes, attributes: sent };
      return {
        bytes: await cipher.encrypt(bytes, { scheme, uri, keyId: cipher.keyId }),
        attributes: sent,
      };
    },
    async unpack(bytes, attributes, uri): Promise<Plain> {
      const { ppt_serializer: named = 'native', ppt_cipher: encrypted, ppt_keyid: keyId } = attributes;
      if (named !== nameOf(serializer)) throw new TypeError(`It is written by serializer ${named}.`);
      if (encrypted !== cipher?.name) throw new TypeError(`It is encrypted by ${encrypted ?? 'nothing'}.`);
      const plaintext = cipher === undefined ? bytes : await cipher.decrypt(bytes, { scheme, uri, keyId });
      return read(serializer, plaintext);
    },
  };
}

function nameOf(serializer: Serializer | 'native'): string {
  return typeof serializer === 'string' ? serializer : serializer.name;
}

/** PPT-7: one dict of args and kwargs. @throws SerializationFailure, TypeError */
function write(serializer: Serializer | 'native', { args, kwargs }: Plain): Uint8Array {
  if (serializer !== 'native') {
    return serializer.encodePayload([], { args, kwargs }, 2).subarray(noArgs(serializer).length);
  }
  const [bytes] = args;
  if (!(bytes instanceof Uint8Array) || args.length > 1 || Object.keys(kwargs).length > 0) {
    throw new TypeError('What goes as it is is one positional argument, a Uint8Array.');
  }
  return bytes;
}

/** @throws TypeError, ProtocolViolation */
function read(serializer: Serializer | 'native', bytes: Uint8Array): Plain {
  if (serializer === 'native') return { args: [bytes], kwargs: {} };
  const { args, kwargs } = dictIn(serializer, bytes);
  return { args: listOf(args), kwargs: dictOf(kwargs) };
}

/**
 * Decodes the bytes as a dict. They are checked as the Kwargs of a message are: nesting, lengths, and no bytes before
 * or after.
 */
function dictIn(serializer: Serializer, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const before = noArgs(serializer);
  const elements = new Uint8Array(before.length + bytes.length);
  elements.set(before);
  elements.set(bytes, before.length);
  const frame = serializer.encode({
    type: Code.EVENT,
    subscription: 1,
    publication: 1,
    details: {},
    payload: Payload.encoded(serializer, elements, 2),
  });
  const message = serializer.decode(frame);
  return 'payload' in message ? message.payload.kwargs : {};
}

/** The bytes that precede the Kwargs of a message with empty Args. */
function noArgs(serializer: Serializer): Uint8Array {
  return serializer.encodePayload([], {}, 2).subarray(0, serializer.binary ? -1 : -2);
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new TypeError('Its args are no list.');
  return value;
}

function dictOf(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError('Its kwargs are no dict.');
  return { ...value };
}
