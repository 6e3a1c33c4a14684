/** Requests by POST: a call or a publication, and its answer. */
import { ApplicationError, ErrorUri, type Kwargs } from '@wamp/protocol';
import type { Clock, LocalSession } from '@wamp/router';
import { callIn, publicationIn } from './wanted.ts';

/** Performs the operation of a request body. @returns the body of the answer */
export type Operation = (session: LocalSession, body: unknown, terms: Terms) => Promise<Kwargs>;

/** The limits of an operation. */
interface Terms {
  readonly clock: Clock;
  /** The time after which a call is canceled (ms). */
  readonly callTimeout: number;
  /** Aborted when the client has disconnected. */
  readonly gone: AbortSignal;
}

export const publish: Operation = async (session, body) => {
  const { uri, args, kwargs, options } = publicationIn(body);
  return { publication: await session.publish(uri, args, kwargs, options) };
};

export const call: Operation = async (session, body, { clock, callTimeout, gone }) => {
  const { uri, args, kwargs, options } = callIn(body);
  const { timeout = 0, ...others } = options;
  const most = timeout > 0 ? Math.min(timeout, callTimeout) : callTimeout;
  const late = new AbortController();
  const dismiss = clock.after(most, () => {
    late.abort();
  });
  try {
    const signal = AbortSignal.any([gone, late.signal]);
    const result = await session.call(uri, args, kwargs, { ...others, timeout: most, signal });
    return { args: result.args, kwargs: result.kwargs };
  } catch (error) {
    if (!late.signal.aborted) throw error;
    throw new ApplicationError(ErrorUri.TIMEOUT, [`no result within ${most} ms`]);
  } finally {
    dismiss();
  }
};
