/** Testaments: what is published when a session is gone (spec: Testaments). */
import {
  ApplicationError,
  ErrorUri,
  isReserved,
  isUri,
  Payload,
  ProtocolViolation,
  publishOptions,
  type PublishOptions,
  type Uri,
} from '@wamp/protocol';
import type { MetaCall } from '../core/meta-session.ts';
import type { Feature, Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import { invalid, textArgument } from './arguments.ts';

interface Testament {
  readonly topic: Uri;
  readonly payload: Payload;
  readonly options: PublishOptions;
}

/** `detached` would fire when a session could be resumed: never, so they come first (TST-4). */
const SCOPES = ['detached', 'destroyed'] as const;
type Scope = (typeof SCOPES)[number];
type Testaments = Record<Scope, Testament[]>;

/** How many testaments a session may leave in each scope. */
const MOST_TESTAMENTS = 1000;

export const testaments: Feature = {
  announces: { dealer: ['testament_meta_api'] },
  install(realm) {
    const bySession = new Map<Session, Testaments>();
    realm.procedure('wamp.session.add_testament', async (call) => {
      const scope = scopeOf(call);
      const testament = testamentOf(realm, call);
      await requirePermission(realm, call.caller, testament.topic);
      if (!realm.sessions.has(call.caller.id)) return [];
      const left = bySession.get(call.caller) ?? { detached: [], destroyed: [] };
      if (left[scope].length >= MOST_TESTAMENTS) throw new ApplicationError(ErrorUri.LIMIT_EXCEEDED);
      left[scope].push(testament);
      bySession.set(call.caller, left);
      return [];
    });
    realm.procedure('wamp.session.flush_testaments', (call) => {
      const left = bySession.get(call.caller);
      if (left !== undefined) left[scopeOf(call)] = [];
      return [];
    });
    realm.left.on((session, quiet) => {
      const left = bySession.get(session);
      bySession.delete(session);
      if (left === undefined || quiet) return;
      for (const scope of SCOPES) {
        for (const { topic, payload, options } of left[scope])
          realm.publishFor(session, topic, payload, options);
      }
    });
  },
};

function scopeOf({ kwargs }: MetaCall): Scope {
  const wanted = kwargs['scope'] ?? 'destroyed';
  const scope = SCOPES.find((candidate) => candidate === wanted);
  if (scope === undefined) throw invalid('scope: expected destroyed or detached');
  return scope;
}

/** TST-2: (topic, args, kwargs), with `publish_options` beside them. */
function testamentOf({ uriRules }: Realm, call: MetaCall): Testament {
  const [uri, args = [], kwargs = {}] = call.args;
  const topic = textArgument(uri, 'topic');
  if (!isUri(topic, uriRules) || isReserved(topic)) throw new ApplicationError(ErrorUri.INVALID_URI);
  if (!Array.isArray(args)) throw invalid('args: expected a list');
  if (typeof kwargs !== 'object' || kwargs === null || Array.isArray(kwargs))
    throw invalid('kwargs: expected a dict');
  const options = optionsOf(call.kwargs['publish_options'] ?? {});
  return { topic, payload: Payload.of(args, { ...kwargs }), options };
}

function optionsOf(value: unknown): PublishOptions {
  try {
    return publishOptions(value);
  } catch (error) {
    if (error instanceof ProtocolViolation) throw invalid(`publish_options: ${error.message}`);
    throw error;
  }
}

/** T-46: the owner must be allowed to publish when it writes its testament, for later nobody can ask. */
async function requirePermission({ permits }: Realm, { principal }: Session, topic: Uri): Promise<void> {
  if ((await permits?.(principal, 'publish', topic)) === false)
    throw new ApplicationError(ErrorUri.NOT_AUTHORIZED);
}
