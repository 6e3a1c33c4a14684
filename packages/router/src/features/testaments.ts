/** Testaments: events that are published when their session has ended (spec: Testaments). */
import {
  ApplicationError,
  ErrorUri,
  joinElements,
  Payload,
  ProtocolViolation,
  publishOptions,
  type Args,
  type Element,
  type Id,
  type PayloadCodec,
  type PublishOptions,
  type Uri,
} from '@wamp/protocol';
import { disclosing } from '../core/disclosure.ts';
import { weightOf } from '../core/kept.ts';
import type { Feature, Realm } from '../core/realm.ts';
import { uriFault } from '../core/requests.ts';
import type { Decision } from '../core/decision.ts';
import type { Channel, Sharing } from '../core/sharing.ts';
import type { Session } from '../core/session.ts';
import { invalid, taking, textArgument, undecoded, type Undecoded } from './arguments.ts';

interface Testament {
  readonly topic: Uri;
  readonly payload: Payload;
  options: PublishOptions;
  /** False until the authorizer has permitted it; a testament without permission is not published. */
  permitted: boolean;
  /** Its memory, in bytes. */
  readonly weight: number;
}

/** `detached` testaments are for sessions that can be resumed. Here none can, so they are published first (TST-4). */
const SCOPES = ['detached', 'destroyed'] as const;
type Scope = (typeof SCOPES)[number];
type Testaments = Record<Scope, Testament[]>;

/** The most testaments that a session may have in each scope. */
const MOST_TESTAMENTS = 1000;

const TESTAMENT = { places: ['topic', 'args', 'kwargs'], names: ['publish_options', 'scope'] };

export const testaments: Feature = {
  announces: { dealer: ['testament_meta_api'] },
  install(realm) {
    const bySession = new Map<Session, Testaments>();
    const of = (session: Session): Testaments => {
      const existing = bySession.get(session) ?? { detached: [], destroyed: [] };
      bySession.set(session, existing);
      return existing;
    };
    const shared = realm.sharing && share(realm, realm.sharing, bySession, of);
    realm.procedure('wamp.session.add_testament', (call) => {
      const given = undecoded(call, TESTAMENT);
      const scope = scopeOf(given.kwargs['scope']?.value());
      const bucket = of(call.caller)[scope];
      const testament = testamentOf(realm, call.caller, given);
      reserve(realm, call.caller, testament, bucket);
      bucket.push(testament); // in the order of the requests, regardless of how long the decisions take
      const withdraw = (): void => {
        const index = bucket.indexOf(testament);
        if (index !== -1) release(realm, call.caller, bucket.splice(index, 1));
      };
      return decide(realm, call.caller, testament, withdraw, () => {
        if (bucket.includes(testament)) shared?.send(...toldOf(call.caller, scope, testament));
      });
    });
    realm.procedure(
      'wamp.session.flush_testaments',
      taking({ names: ['scope'] }, (call) => {
        const scope = scopeOf(call.kwargs['scope']);
        release(realm, call.caller, of(call.caller)[scope].splice(0));
        shared?.send(['flush', call.caller.id, scope]);
        return [];
      }),
    );
    realm.left.on((session, { quiet = false }) => {
      conclude(realm, session, bySession, !quiet);
    });
  },
};

/** Publishes the testaments of a session that has left, or forgets them. */
function conclude(
  realm: Realm,
  session: Session,
  bySession: Map<Session, Testaments>,
  isPublished: boolean,
): void {
  const left = bySession.get(session);
  bySession.delete(session);
  if (left === undefined) return;
  const all = SCOPES.flatMap((scope) => left[scope]);
  if (isPublished) realm.inTurns(publishAll(realm, session, all));
  else release(realm, session, all);
}

/** What other nodes are told of a testament, which one of them publishes if this node dies. */
function toldOf(
  { id }: Session,
  scope: Scope,
  { topic, payload, options }: Testament,
): [readonly unknown[], Payload] {
  return [['add', id, scope, topic, options], payload.lend()];
}

/** Keeps the testaments of sessions of other nodes, and tells those nodes of this one's. */
function share(
  realm: Realm,
  sharing: Sharing,
  bySession: Map<Session, Testaments>,
  of: (session: Session) => Testaments,
): Channel {
  const channel = sharing.channel('testaments', {
    heard: (_from, [what, id, scope, topic, options], payload) => {
      const session = realm.everyone.get(id as Id);
      if (session?.remote === undefined) return;
      const bucket = of(session)[scopeOf(scope)];
      if (what === 'flush') release(realm, session, bucket.splice(0));
      else keepOther(realm, session, bucket, topic as Uri, payload.keep(), options as PublishOptions);
    },
    met: (node) => {
      for (const [session, scopes] of bySession) {
        if (session.remote !== undefined) continue;
        for (const scope of SCOPES)
          for (const testament of scopes[scope])
            if (testament.permitted) channel.send(...toldOf(session, scope, testament), node);
      }
    },
  });
  sharing.gone.on((session, isMourned) => {
    conclude(realm, session, bySession, isMourned);
  });
  return channel;
}

/** Keeps the testament of a session of another node, if there is room for it. */
function keepOther(
  realm: Realm,
  session: Session,
  bucket: Testament[],
  topic: Uri,
  payload: Payload,
  options: PublishOptions,
): void {
  const weight = weightOf(payload, topic, options);
  if (realm.kept.testaments.reserve(session, weight))
    bucket.push({ topic, payload, options, permitted: true, weight });
  else realm.limited.add('testaments');
}

/** Publishes the testaments of a session that has left, one a step; each is weighed until it is published. */
function* publishAll(realm: Realm, session: Session, all: readonly Testament[]): Generator<void, void> {
  for (const testament of all) {
    const { topic, payload, options, permitted } = testament;
    release(realm, session, [testament]);
    if (permitted) realm.publishFor(session, topic, payload, options);
    yield;
  }
}

/** @throws ApplicationError `wamp.error.limit_exceeded` when the session or the process already keeps too much */
function reserve(
  { kept, limited }: Realm,
  session: Session,
  { weight }: Testament,
  bucket: readonly Testament[],
): void {
  if (bucket.length < MOST_TESTAMENTS && kept.testaments.reserve(session, weight)) return;
  limited.add('testaments');
  const taken = `${kept.testaments.of(session)} bytes of this session's testaments, ${bucket.length} of this scope`;
  throw new ApplicationError(ErrorUri.LIMIT_EXCEEDED, [
    `there is no room for a testament of ${weight} bytes beside ${taken}, and all that the router keeps`,
  ]);
}

function release({ kept }: Realm, session: Session, testaments: readonly Testament[]): void {
  for (const { weight } of testaments) kept.testaments.release(session, weight);
}

function scopeOf(given: unknown): Scope {
  const wanted = given ?? 'destroyed';
  const scope = SCOPES.find((candidate) => candidate === wanted);
  if (scope === undefined) throw invalid('scope: expected destroyed or detached');
  return scope;
}

/** TST-2: (topic, args, kwargs), and the keyword argument `publish_options`. */
function testamentOf(
  { uriRules, disclosure }: Realm,
  caller: Session,
  { args: given, kwargs: named, serializer }: Undecoded,
): Testament {
  const [uri, args, kwargs] = given;
  const topic = textArgument(uri?.value(), 'topic');
  const fault = uriFault(caller, topic, uriRules);
  if (fault !== undefined) throw new ApplicationError(ErrorUri.INVALID_URI, [fault]);
  if (args !== undefined && args.kind !== 'list') throw invalid('args: expected a list');
  if (kwargs !== undefined && kwargs.kind !== 'dict') throw invalid('kwargs: expected a dict');
  const options = optionsOf(named['publish_options']?.value() ?? {});
  if (options.disclose_me === true && !disclosure) {
    throw new ApplicationError(ErrorUri.OPTION_DISALLOWED_DISCLOSE_ME);
  }
  const payload = payloadOf(serializer, args, kwargs);
  return { topic, payload, options, permitted: false, weight: weightOf(payload, topic, options) };
}

/** As bytes: decoded values may need twenty times the memory. */
function payloadOf(
  serializer: PayloadCodec,
  args: Element | undefined,
  kwargs: Element | undefined,
): Payload {
  try {
    const { bytes, count } = joinElements(serializer, args, kwargs);
    return Payload.encoded(serializer, bytes, count).keep();
  } catch (error) {
    if (error instanceof ProtocolViolation) throw invalid(`kwargs: ${error.message}`);
    throw error;
  }
}

function optionsOf(value: unknown): PublishOptions {
  try {
    return publishOptions(value);
  } catch (error) {
    if (error instanceof ProtocolViolation) throw invalid(`publish_options: ${error.message}`);
    throw error;
  }
}

/**
 * T-46: the owner must be permitted to publish when it adds its testament, because the authorizer cannot be asked after
 * the session has ended. Anything but a clear permission is a denial.
 */
function decide(
  { decidePublish }: Realm,
  session: Session,
  testament: Testament,
  withdraw: () => void,
  keep: () => void,
): Args | Promise<Args> {
  const conclude = (decision: Decision): Args => {
    if (decision === 'disclosed') testament.options = disclosing(testament.options);
    testament.permitted = decision === 'permitted' || decision === 'disclosed';
    if (testament.permitted) {
      keep();
      return [];
    }
    withdraw();
    throw new ApplicationError(
      decision === 'denied' ? ErrorUri.NOT_AUTHORIZED : ErrorUri.AUTHORIZATION_FAILED,
    );
  };
  const decision = decidePublish?.(session, testament.topic) ?? 'permitted';
  return decision instanceof Promise ? decision.then(conclude) : conclude(decision);
}
