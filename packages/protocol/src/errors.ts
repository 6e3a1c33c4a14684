/** The exceptions of the protocol. */
import * as ErrorUri from './error-uris.ts';
import type { Dict, Uri } from './words.ts';

/** The peer broke the protocol. The receiver aborts the session with `wamp.error.protocol_violation`. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
  readonly uri: Uri = ErrorUri.PROTOCOL_VIOLATION;
}

/** The serializer cannot write a value: a BigInt in JSON, a cycle, a lone surrogate. */
export class SerializationFailure extends Error {
  override readonly name = 'SerializationFailure';
}

/** A refused request or a failed procedure, as an ERROR message carries it. */
export class ApplicationError extends Error {
  override readonly name: string = 'ApplicationError';
  readonly uri: Uri;
  readonly args: readonly unknown[];
  readonly kwargs: Dict;
  readonly details: Dict;

  /** @param uri the error URI; `args` and `kwargs` are the error's payload */
  constructor(
    uri: Uri,
    args: readonly unknown[] = [],
    kwargs: Dict = {},
    options: { readonly details?: Dict; readonly cause?: unknown } = {},
  ) {
    super(typeof args[0] === 'string' ? `${uri}: ${args[0]}` : uri, 'cause' in options ? options : undefined);
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
    this.details = options.details ?? {};
  }
}
