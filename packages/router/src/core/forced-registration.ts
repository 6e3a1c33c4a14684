/** Which callees `force_reregister` replaces, and why a session may not join those that remain. */
import { isReserved, type InvocationPolicy } from '@wamp/protocol';
import type { Registration } from './registration.ts';
import { isTrusted, type Session } from './session.ts';

export const NOBODY: ReadonlySet<Session> = new Set();

/**
 * The callees that `force_reregister` replaces: those of the same principal, whose connection may be lost unnoticed;
 * for a trusted session, all of them.
 */
export function replaceable(holders: Registration | undefined, session: Session): ReadonlySet<Session> {
  if (holders === undefined || isReserved(holders.procedure)) return NOBODY; // of the router itself
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
 * Why a session cannot join the remaining callees (T-17); undefined when it can, or when none remains.
 * @param isAmongThem true when it is already one of them
 */
export function conflictWith(
  holders: Registration | undefined,
  yielding: ReadonlySet<Session>,
  isAmongThem: boolean,
  invoke: InvocationPolicy,
): string | undefined {
  if (holders === undefined || holders.callees.length === yielding.size) return undefined;
  if (holders.invoke !== invoke) return `the procedure is registered with invoke ${holders.invoke}`;
  if (invoke === 'single') return 'the procedure is already registered';
  return isAmongThem ? 'this session has already registered the procedure' : undefined;
}
