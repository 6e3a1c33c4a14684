/** Who may register a procedure that has callees, and which of these give way. */
import { isReserved, type InvocationPolicy } from '@wamp/protocol';
import type { Registration } from './registration.ts';
import { isTrusted, type Session } from './session.ts';

export const NOBODY: ReadonlySet<Session> = new Set();

/**
 * The callees that give way to a `force_reregister`: those of the same principal, half dead perhaps,
 * and all for a session that the router trusts like itself.
 */
export function replaceable(holders: Registration | undefined, session: Session): ReadonlySet<Session> {
  if (holders === undefined || isReserved(holders.procedure)) return NOBODY; // the router's own
  const { authid, authrole } = session.principal;
  const giveWay = new Set<Session>();
  for (const { session: holder } of holders.callees) {
    const { principal } = holder;
    if (isTrusted(session) || (principal.authid === authid && principal.authrole === authrole))
      giveWay.add(holder);
  }
  return giveWay;
}

/**
 * Why a session cannot join the callees that stay (T-17); undefined when it can, or when none stays.
 * @param isAmongThem true when it is one of them already
 */
export function conflictWith(
  holders: Registration | undefined,
  yielding: ReadonlySet<Session>,
  isAmongThem: boolean,
  invoke: InvocationPolicy,
): string | undefined {
  if (holders === undefined || holders.callees.length === yielding.size) return undefined;
  if (holders.invoke !== invoke) return `the procedure is registered with invoke ${holders.invoke}`;
  if (invoke === 'single') return 'the procedure is registered already';
  return isAmongThem ? 'this session has registered the procedure already' : undefined;
}
