/** The public names of the protocol package. */
export * as Code from './message-codes.ts';
export { MessageType, type RequestType } from './message-type.ts';
export type {
  Abort,
  Authenticate,
  Call,
  Cancel,
  Challenge,
  ErrorMessage,
  Event,
  EventReceived,
  Goodbye,
  Hello,
  Interrupt,
  Invocation,
  Message,
  Publish,
  Published,
  Register,
  Registered,
  Result,
  Subscribe,
  Subscribed,
  Unregister,
  Unregistered,
  Unsubscribe,
  Unsubscribed,
  Welcome,
  Yield,
} from './message.ts';
export {
  publishOptions,
  type CallOptions,
  type CancelMode,
  type CancelOptions,
  type ClientRole,
  type ClosingDetails,
  type ErrorDetails,
  type EventDetails,
  type HelloDetails,
  type InterruptOptions,
  type InvocationDetails,
  type InvocationPolicy,
  type MatchPolicy,
  type PassthruAttributes,
  type PublishOptions,
  type RegisterOptions,
  type RegistrationRevocation,
  type ResultDetails,
  type RoleDetails,
  type RouterRole,
  type SubscribeOptions,
  type SubscriptionRevocation,
  type WelcomeDetails,
  type YieldOptions,
} from './dictionaries.ts';
export type { Dict, Id, Uri } from './words.ts';
export { fromList, layoutOf, toElements, toList, type Layout } from './layout.ts';
export { Payload, type Args, type Kwargs, type PayloadCount, type PayloadCodec } from './payload.ts';
export { transcodeWith, type Transcoder } from './transcodings.ts';
export { encodeOnce, MAX_DEPTH, type Serializer, type TextForm } from './serializer.ts';
export { json } from './serializers/json.ts';
export { elementsOf, joinElements, type Element, type Elements } from './transcode/elements.ts';
export { transcode } from './transcode/transcode.ts';
export { plainJson } from './serializers/plain-json.ts';
export { toBrief } from './brief.ts';
export type { ClosedBy, Transport, TransportFailure, TransportListener } from './transport.ts';
export { ArrivingFrame } from './arriving.ts';
export { DiscardedMessage, readHead, type OversizedMessage } from './discarding.ts';
export { NO_ENTRIES } from './dict.ts';
export { dict, type Check, type Field, type Keys } from './fields.ts';
export { newMemory, type Memory } from './memory.ts';
export { FrameWriter, MOST_COPIED, type Insert } from './frame-writer.ts';
export { BatchCursor, joinBatch, splitBatch } from './batch.ts';
export {
  RAW_SOCKET_MAGIC,
  RAW_SOCKET_MAX_FRAME,
  RAW_SOCKET_MAX_LIMIT,
  RAW_SOCKET_MIN_LIMIT,
  RAW_SOCKET_PREFIX_SIZE,
  rawSocketFrame,
  RawSocketError,
  RawSocketFrameType,
  rawSocketLimit,
  RawSocketParser,
  readRawSocketReply,
  readRawSocketRequest,
  writeRawSocketError,
  writeRawSocketHandshake,
  writeRawSocketPrefix,
  type RawSocketGreeting,
  type RawSocketHandshake,
  type RawSocketListener,
  type RawSocketRefusal,
  type RawSocketReply,
} from './rawsocket.ts';
export {
  isLooseUri,
  isReserved,
  isUri,
  matches,
  MAX_URI_COMPONENTS,
  MAX_URI_LENGTH,
  type UriRules,
} from './uri.ts';
export { GlobalScope, isId, MAX_ID, nextId, SessionScope } from './ids.ts';
export { PeerFeatures, rolesOf, type Announcement } from './features.ts';
export * as CloseUri from './close-uris.ts';
export * as ErrorUri from './error-uris.ts';
export { ApplicationError, ProtocolViolation, SerializationFailure } from './errors.ts';
