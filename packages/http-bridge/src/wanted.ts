/** Parses a request body as a call or a publication, with the same checks as for messages of clients. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  Payload,
  ProtocolViolation,
  SerializationFailure,
  type Args,
  type CallOptions,
  type Kwargs,
  type Message,
  type PublishOptions,
} from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';

/** A requested call or publication. */
export interface Wanted<Options> {
  readonly uri: string;
  readonly args: Args;
  readonly kwargs: Kwargs;
  readonly options: Options;
}

/** @throws ApplicationError `wamp.error.invalid_argument` */
export function callIn(body: unknown): Wanted<CallOptions> {
  const wanted = wantedIn<CallOptions>(body, 'procedure');
  for (const key of ['progress', 'receive_progress'] as const) {
    if (wanted.options[key] !== undefined)
      throw wrong(`options.${key}: an HTTP answer cannot be progressive; omit this option`);
  }
  const { uri: procedure, options } = wanted;
  check({ type: MessageType.CALL, request: 1, options, procedure, payload: Payload.of() });
  return wanted;
}

/** @throws ApplicationError `wamp.error.invalid_argument` */
export function publicationIn(body: unknown): Wanted<PublishOptions> {
  const wanted = wantedIn<PublishOptions>(body, 'topic');
  const { uri: topic, options } = wanted;
  check({ type: MessageType.PUBLISH, request: 1, options, topic, payload: Payload.of() });
  return wanted;
}

function wantedIn<Options extends object>(body: unknown, name: 'procedure' | 'topic'): Wanted<Options> {
  if (!isDict(body)) throw wrong(`body: expected an object with the key ${name}`);
  const keys = [name, 'args', 'kwargs', 'options'];
  const unknown = Object.keys(body).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw wrong(`${unknown}: is no key of the body, expected ${keys.join(', ')}`);
  const { [name]: uri, args = [], kwargs = {}, options = {} } = body;
  if (typeof uri !== 'string') throw wrong(`${name}: expected a URI, such as "com.example.name"`);
  if (!Array.isArray(args)) throw wrong('args: expected a list of arguments');
  if (!isDict(kwargs)) throw wrong('kwargs: expected an object of arguments by name');
  if (!isDict(options)) throw wrong('options: expected an object');
  return { uri, args, kwargs, options: options as Options };
}

function isDict(value: unknown): value is Kwargs {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** Checks the options like those in a client's message: options of local sessions are trusted, but a body is not. */
function check(message: Message): void {
  try {
    cbor.decode(cbor.encode(message));
  } catch (error) {
    const isTold = error instanceof ProtocolViolation || error instanceof SerializationFailure;
    throw isTold ? wrong(error.message) : error;
  }
}

function wrong(why: string): ApplicationError {
  return new ApplicationError(ErrorUri.INVALID_ARGUMENT, [why]);
}
