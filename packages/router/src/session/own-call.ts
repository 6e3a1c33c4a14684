/** A call that the router makes itself, as a promise with an end in time. */
import {
  ApplicationError,
  ErrorUri,
  MessageType,
  Payload,
  type Args,
  type ErrorMessage,
  type Result,
  type Uri,
} from '@wamp/protocol';
import type { Realm } from '../core/realm.ts';

/**
 * @param timeout in ms; then the call is canceled
 * @returns the arguments of the result
 * @throws ApplicationError with the URI of the ERROR; `wamp.error.timeout`
 */
export async function callAsRouter(realm: Realm, procedure: Uri, args: Args, timeout: number): Promise<Args> {
  const answer = await new Promise<Result | ErrorMessage>((resolve, reject) => {
    let cancel = (): void => undefined;
    const dismiss = realm.clock.after(timeout, () => {
      cancel();
      reject(new ApplicationError(ErrorUri.TIMEOUT, [`${procedure} took longer than ${timeout} ms`]));
    });
    cancel = realm.call(procedure, Payload.of(args), (message) => {
      dismiss();
      resolve(message);
    });
  });
  if (answer.type === MessageType.RESULT) return answer.payload.args;
  throw new ApplicationError(answer.error, answer.payload.args, answer.payload.kwargs);
}
