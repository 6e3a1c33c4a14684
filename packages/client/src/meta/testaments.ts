/** Testaments: publications that the router performs when a session ends. */
import { type Args, type Kwargs, type Uri } from '@wamp/protocol';
import { checkOptions, DICT, extra, oneOf, wireOptions, type Rules } from '../options.ts';
import { payloadOf } from '../payload.ts';
import { ON_THE_WIRE } from '../rules.ts';
import type { PublishOptions } from '../publication.ts';

import type { MetaSession } from './meta-session.ts';

/** When a testament is published: when the session has ended, or when it can no longer be resumed. */
export type TestamentScope = 'destroyed' | 'detached';

/** Options of `addTestament`. */
export interface TestamentOptions extends Omit<
  PublishOptions,
  'acknowledge' | 'signal' | 'passthru' | 'offline' | 'idempotent'
> {
  /** Default: `destroyed`. */
  readonly scope?: TestamentScope | undefined;
  /** Keyword arguments that accompany a list. */
  readonly kwargs?: Kwargs | undefined;
}

const { acknowledge: _none, ...PUBLISHING } = ON_THE_WIRE.publish;
const TESTAMENT: Rules<TestamentOptions> = {
  ...PUBLISHING,
  scope: oneOf('destroyed', 'detached'),
  extra: extra(ON_THE_WIRE.publish),
  kwargs: DICT,
};

/**
 * Adds a testament (spec: Testaments). It belongs to the WAMP session: the router publishes it when the connection is
 * lost, and it is added again on the next connection.
 *
 * @param payload a list is the positional arguments, a dict the keyword arguments
 * @example await addTestament(session, 'presence.left', [name]);
 */
export async function addTestament(
  { untyped }: MetaSession,
  topic: Uri,
  payload?: Args | Kwargs,
  options: TestamentOptions = {},
): Promise<void> {
  const { args, kwargs } = payloadOf(payload, options.kwargs);
  checkOptions('addTestament', TESTAMENT, options);
  const publishOptions = wireOptions(options, ON_THE_WIRE.publish);
  const leave = async (): Promise<void> => {
    await untyped.call('wamp.session.add_testament', [topic, args, kwargs], {
      kwargs: {
        ...scopeOf(options.scope),
        ...(Object.keys(publishOptions).length > 0 && { publish_options: publishOptions }),
      },
    });
  };
  await leave();
  // The router publishes it when this connection is lost, so the next one adds it again.
  const stop = untyped.on('open', (): unknown => leave());
  const { scope = 'destroyed' } = options;
  const all = kept.get(untyped) ?? new Set();
  kept.set(untyped, all.add({ scope, stop }));
}

/** The testaments of each session. */
const kept = new WeakMap<object, Set<{ readonly scope: TestamentScope; readonly stop: () => void }>>();

/** Removes all testaments of this session. @param scope default: `destroyed` */
export async function flushTestaments({ untyped }: MetaSession, scope?: TestamentScope): Promise<void> {
  const all = kept.get(untyped) ?? new Set();
  for (const testament of all) {
    if (testament.scope !== (scope ?? 'destroyed')) continue;
    testament.stop();
    all.delete(testament);
  }
  await untyped.call('wamp.session.flush_testaments', scopeOf(scope));
}

function scopeOf(scope: TestamentScope | undefined): Kwargs {
  return scope === undefined ? {} : { scope };
}
