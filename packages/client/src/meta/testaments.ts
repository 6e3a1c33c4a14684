/** What the router is to publish when a session is gone. */
import { publishKeys, type Args, type Kwargs, type Uri } from '@wamp/protocol';
import { checkOptions, DICT, extra, oneOf, wireOptions, type Rules } from '../options.ts';
import { payloadOf } from '../payload.ts';
import { ON_THE_WIRE } from '../rules.ts';
import type { PublishOptions } from '../publication.ts';

import type { MetaSession } from './meta-session.ts';

/** When a testament is published: when the session is gone for good, or can no longer be resumed. */
export type TestamentScope = 'destroyed' | 'detached';

/** How a testament is published. */
export interface TestamentOptions extends Omit<
  PublishOptions,
  'acknowledge' | 'signal' | 'passthru' | 'offline' | 'idempotent'
> {
  /** Default `destroyed`. */
  readonly scope?: TestamentScope | undefined;
  /** Keyword arguments beside a list. */
  readonly kwargs?: Kwargs | undefined;
}

const { acknowledge: _none, ...PUBLISHING } = ON_THE_WIRE.publish;
const TESTAMENT: Rules<TestamentOptions> = {
  ...PUBLISHING,
  scope: oneOf('destroyed', 'detached'),
  extra: extra(publishKeys),
  kwargs: DICT,
};

/**
 * Leaves a publication with the router, for when this session is gone (spec: Testaments).
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
  await untyped.call('wamp.session.add_testament', [topic, args, kwargs], {
    kwargs: {
      ...scopeOf(options.scope),
      ...(Object.keys(publishOptions).length > 0 && { publish_options: publishOptions }),
    },
  });
}

/** Takes all testaments of this session back. @param scope default `destroyed` */
export async function flushTestaments({ untyped }: MetaSession, scope?: TestamentScope): Promise<void> {
  await untyped.call('wamp.session.flush_testaments', scopeOf(scope));
}

function scopeOf(scope: TestamentScope | undefined): Kwargs {
  return scope === undefined ? {} : { scope };
}
