/** Generators of messages and values, for property tests. */
import fc from 'fast-check';
import { MessageType, Payload, type Dict, type Message } from '@wamp/protocol';

/** Ids, the ends of every width an integer may have on a wire among them. */
const arbitraryId: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 2 ** 53 - 1 }),
  fc.constantFrom(1, 127, 128, 2 ** 16, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53),
);

/** Strings of any characters; none of a lone surrogate, and none that JSON would read as binary data. */
const arbitraryText: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom(
      '',
      'ÿ'.repeat(80),
      `\uFEFF${'x'.repeat(80)}`,
      'x'.repeat(300),
      '\\u0000',
      '"',
      '👍'.repeat(40),
    ),
  )
  .filter((text) => !text.startsWith('\0'));

/** Keys, those among them that other implementations trip over. */
const arbitraryKey: fc.Arbitrary<string> = fc.oneof(
  arbitraryText,
  fc.constantFrom('__proto__', '__proto_', 'constructor', 'toJSON', 'hasOwnProperty', 'length', '1', ''),
);

/** A dict of the given values: a plain object, every key its own. */
function arbitraryDict(value: fc.Arbitrary<unknown>): fc.Arbitrary<Dict> {
  return fc
    .array(fc.tuple(arbitraryKey, value), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries));
}

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  arbitraryText,
  fc.uint8Array({ maxLength: 40 }),
);

/** Values that every serializer can write. */
export const arbitraryValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    arbitraryDict(tie('value')),
  ),
})).value;

/** None, Args, or Args and Kwargs. */
export const arbitraryPayload: fc.Arbitrary<Payload> = fc
  .tuple(fc.array(arbitraryValue, { maxLength: 4 }), arbitraryDict(arbitraryValue))
  .map(([args, kwargs]) => Payload.of(args, kwargs));

const word = fc.constantFrom('com', 'example', 'a', 'ÿ', 'x1', 'topic');
/** URIs of a few components. */
const arbitraryUri: fc.Arbitrary<string> = fc
  .array(word, { minLength: 1, maxLength: 5 })
  .map((words) => words.join('.'));

/** A dict of known options, and of keys nobody knows. */
function options(known: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Dict> {
  const strange = fc.option(arbitraryValue, { nil: undefined });
  return fc
    .tuple(fc.record(known, { requiredKeys: [] }), strange)
    .map(([dict, value]) => (value === undefined ? { ...dict } : { ...dict, _unheard_of: value }));
}

const flag = fc.boolean();
const ids = fc.array(arbitraryId, { maxLength: 3 });
const texts = fc.array(arbitraryText, { maxLength: 3 });
const milliseconds = fc.nat();
const mode = fc.constantFrom('skip', 'kill', 'killnowait');
const match = fc.constantFrom('exact', 'prefix', 'wildcard');
const passthru = { ppt_scheme: arbitraryText, ppt_serializer: arbitraryText };
const roles = fc.constantFrom<Dict>({}, { features: {} }, { features: { call_canceling: true } });
const requestType = fc.constantFrom(16, 32, 34, 48, 64, 66, 68, 70);

/** The members of a message of one type. */
function shape(type: MessageType, members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<Message> {
  return fc.record({ type: fc.constant(type), ...members }) as unknown as fc.Arbitrary<Message>;
}

const request = arbitraryId;
const payload = arbitraryPayload;
const dict = arbitraryDict(arbitraryValue);

/** One generator for each message type. */
export const arbitraryMessages: readonly fc.Arbitrary<Message>[] = [
  shape(MessageType.HELLO, {
    realm: arbitraryUri,
    details: fc.record({ roles: fc.record({ caller: roles, publisher: roles }), authid: arbitraryText }),
  }),
  shape(MessageType.WELCOME, {
    session: arbitraryId,
    details: fc.record({ roles: fc.record({ broker: roles, dealer: roles }), realm: arbitraryUri }),
  }),
  shape(MessageType.ABORT, { details: options({ message: arbitraryText }), reason: arbitraryUri, payload }),
  shape(MessageType.CHALLENGE, { authmethod: arbitraryText, extra: dict }),
  shape(MessageType.AUTHENTICATE, { signature: arbitraryText, extra: dict }),
  shape(MessageType.GOODBYE, { details: options({ message: arbitraryText }), reason: arbitraryUri }),
  shape(MessageType.ERROR, {
    requestType,
    request,
    details: options(passthru),
    error: arbitraryUri,
    payload,
  }),
  shape(MessageType.PUBLISH, {
    request,
    options: options({ ...passthru, acknowledge: flag, exclude: ids, eligible_authid: texts, retain: flag }),
    topic: arbitraryUri,
    payload,
  }),
  shape(MessageType.PUBLISHED, { request, publication: arbitraryId }),
  shape(MessageType.SUBSCRIBE, {
    request,
    options: options({ match, get_retained: flag }),
    topic: arbitraryUri,
  }),
  shape(MessageType.SUBSCRIBED, { request, subscription: arbitraryId }),
  shape(MessageType.UNSUBSCRIBE, { request, subscription: arbitraryId }),
  shape(MessageType.UNSUBSCRIBED, { request }),
  shape(MessageType.UNSUBSCRIBED, {
    request: fc.constant(0),
    details: fc.record({ subscription: arbitraryId, reason: arbitraryText }),
  }),
  shape(MessageType.EVENT, {
    subscription: arbitraryId,
    publication: arbitraryId,
    details: options({ publisher: arbitraryId, topic: arbitraryUri, trustlevel: milliseconds }),
    payload,
  }),
  shape(MessageType.CALL, {
    request,
    options: options({ ...passthru, timeout: milliseconds, receive_progress: flag }),
    procedure: arbitraryUri,
    payload,
  }),
  shape(MessageType.CANCEL, { request, options: options({ mode }) }),
  shape(MessageType.RESULT, { request, details: options({ progress: flag }), payload }),
  shape(MessageType.REGISTER, {
    request,
    options: options({ match, invoke: fc.constantFrom('single', 'roundrobin'), concurrency: milliseconds }),
    procedure: arbitraryUri,
  }),
  shape(MessageType.REGISTERED, { request, registration: arbitraryId }),
  shape(MessageType.UNREGISTER, { request, registration: arbitraryId }),
  shape(MessageType.UNREGISTERED, { request }),
  shape(MessageType.UNREGISTERED, {
    request: fc.constant(0),
    details: fc.record({ registration: arbitraryId, reason: arbitraryText }),
  }),
  shape(MessageType.INVOCATION, {
    request,
    registration: arbitraryId,
    details: options({ caller: arbitraryId, procedure: arbitraryUri, timeout: milliseconds }),
    payload,
  }),
  shape(MessageType.INTERRUPT, { request, options: options({ mode, reason: arbitraryText }) }),
  shape(MessageType.YIELD, { request, options: options({ ...passthru, progress: flag }), payload }),
  shape(MessageType.EVENT_RECEIVED, { publication: arbitraryId }),
];

/** What a router sends, and `plainJson` reads. */
const OF_ROUTERS: ReadonlySet<number> = new Set([2, 3, 4, 6, 8, 17, 33, 35, 36, 50, 65, 67, 68, 69]);

/** Whether a router sends such a message. */
export function isOfRouter({ type }: Pick<Message, 'type'>): boolean {
  return OF_ROUTERS.has(type);
}

/** One generator for each message type that a router sends. */
export const routerMessages: readonly fc.Arbitrary<Message>[] = arbitraryMessages.filter((messages) =>
  fc.sample(messages, 1).every(isOfRouter),
);
