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

type Details = Readonly<Record<string, unknown>>;

/**
 * Calls up to five times, with pauses of 20 ms, 40 ms, 80 ms …
 * @param cause the details of the invocation that the call is made for: its trace goes on with this call
 */
export async function callPatiently(
  session: Session,
  procedure: string,
  args: unknown[],
  cause: Details,
): Promise<unknown> {
  const { traceparent } = cause;
  const extra = traceparent === undefined ? {} : { traceparent };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await session.call(procedure, args, { timeout: 10_000, extra });
    } catch (error) {
      if (attempt === 5 || !WampError.is(error) || !PASSING.includes(error.uri)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10 * 2 ** attempt));
    }
  }
}
