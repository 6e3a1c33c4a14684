/** Repeats a call that has failed for a reason that passes. */
import { WampError, type Session } from '@wamp/client';

/** The bank refuses the first charge of some orders. */
export const BANK_BUSY = 'shop.error.bank_busy';

/** Nobody serves it now, or whoever does has too much to do: the procedure did not run. */
const PASSING: readonly string[] = [
  BANK_BUSY,
  'wamp.error.no_such_procedure',
  'wamp.error.no_available_callee',
];

type Call = readonly [uri: string, ...args: unknown[]];
type Trace = Readonly<Record<string, unknown>>;

/** Calls up to five times, with pauses of 20 ms, 40 ms, 80 ms … `extra`: the trace that the call is part of. */
export async function callPatiently(session: Session, [uri, ...args]: Call, extra: Trace): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await session.call(uri, args, { timeout: 10_000, extra });
    } catch (error) {
      if (attempt === 5 || !WampError.is(error) || !PASSING.includes(error.uri)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
    }
  }
}
