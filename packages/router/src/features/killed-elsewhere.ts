/** Answers calls that kill sessions of other nodes once these have left, as a router without a cluster does. */
import type { Args, Id } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import type { Realm } from '../core/realm.ts';
import type { Session } from '../core/session.ts';
import type { Sharing } from '../core/sharing.ts';

/** How long an answer waits for other nodes (ms). */
const PATIENCE = 1000;

/**
 * Returns the answer, or a promise of it while killed sessions are still listed, because their nodes have not told yet that they
 * have left. Not after a second: a node that cannot be reached gets the message later, or is declared dead.
 * @param killed is read when the answer is there
 */
export function onceGone(
  { sharing, everyone, clock }: Realm,
  killed: readonly Session[],
  answer: Args | Promise<Args>,
): Args | Promise<Args> {
  if (sharing === undefined) return answer;
  if (answer instanceof Promise)
    return answer.then((args) => whenGone(sharing, everyone, clock, killed, args));
  return whenGone(sharing, everyone, clock, killed, answer);
}

function whenGone(
  sharing: Sharing,
  everyone: ReadonlyMap<Id, Session>,
  clock: Clock,
  killed: readonly Session[],
  answer: Args,
): Args | Promise<Args> {
  const listed = new Set(
    killed.filter((session) => session.remote !== undefined && everyone.get(session.id) === session),
  );
  if (listed.size === 0) return answer;
  return new Promise((resolve) => {
    const finish = (): void => {
      dismiss();
      forget();
      resolve(answer);
    };
    const dismiss = clock.after(PATIENCE, finish);
    const forget = sharing.gone.on((session) => {
      if (listed.delete(session) && listed.size === 0) finish();
    });
  });
}
