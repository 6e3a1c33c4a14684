/** Channel binding: data that only the two ends of a TLS connection know (RFC 5056). */
import type { ScramBinding } from '@wamp/protocol/auth';
import type { Bindable } from './authenticator.ts';

/** @throws Error if a binding is required, and the transport has none of that type */
export async function bindingTo(
  transport: Bindable,
  type: string | undefined,
): Promise<ScramBinding | undefined> {
  if (type === undefined) return undefined;
  const data = await transport.channelBinding?.(type);
  if (data === undefined) throw new Error(`The transport has no channel binding of type ${type}.`);
  return { type, data };
}
