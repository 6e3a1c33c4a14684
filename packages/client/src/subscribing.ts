/** The arguments of `subscribe` after the topic: a handler and options, or options only. */
import { requireNone, checkOptions, fault } from './options.ts';
import { SUBSCRIBE } from './rules.ts';
import type { EntryPoint } from './stack.ts';
import type { EventHandler, SubscribeOptions } from './subscription.ts';

/** Reads the arguments after the topic. @throws TypeError */
export function subscribing(
  given: readonly (EventHandler | SubscribeOptions | undefined)[],
  entry: EntryPoint,
): { readonly handler: EventHandler | undefined; readonly options?: SubscribeOptions | undefined } {
  const [first, second, ...surplus] = given;
  requireNone(surplus, 'subscribe', entry);
  if (given.length > 0 && typeof first !== 'function' && (given.length > 1 || first === undefined)) {
    throw fault(
      'The handler of subscribe',
      'a function; without one, options follow the topic',
      first,
      entry,
    );
  }
  const handler = typeof first === 'function' ? first : undefined;
  const options = handler === undefined ? first : second;
  if (options !== undefined) checkOptions('subscribe', SUBSCRIBE, options, entry);
  // It is not a function: the check has refused those.
  return { handler, options: options as SubscribeOptions | undefined };
}
