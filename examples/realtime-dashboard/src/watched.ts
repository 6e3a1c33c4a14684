/** Whether anybody subscribes to a prefix: what nobody looks at need not be sent. */
import type { Session } from '@wamp/client';

/**
 * Calls `tell` with the answer now, and whenever it changes.
 * @param prefix the subscription of those who look
 */
export async function watchSubscribers(
  session: Session,
  prefix: string,
  tell: (isWatched: boolean) => void,
): Promise<void> {
  let last: boolean | undefined;
  const look = async (): Promise<void> => {
    const id = await session.call('wamp.subscription.lookup', [prefix, { match: 'prefix' }]);
    const isWatched = typeof id === 'number';
    if (isWatched !== last) tell(isWatched);
    last = isWatched;
  };
  await session.subscribe('wamp.subscription.on_create', look);
  await session.subscribe('wamp.subscription.on_delete', look);
  await look();
}
