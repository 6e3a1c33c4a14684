/** Attempts to join, as a router sees them that says what tests make it say. */
import { expect } from 'vitest';
import { AuthError, connect, type Authenticator, type Session } from '../src/index.ts';
import { failure, ScriptedPeer } from './scripted-peer.ts';

export type Extra = Record<string, unknown>;

const CANNOT = [3, { message: 'The client cannot authenticate.' }, 'wamp.error.authentication_failed'];

/** A client that has said HELLO. */
export interface Attempt {
  readonly peer: ScriptedPeer;
  readonly connecting: Promise<Session>;
  readonly authextra: Extra;
}

export async function attempt(
  auth: Authenticator | readonly Authenticator[],
  channelBinding?: (type: string) => Uint8Array | undefined,
): Promise<Attempt> {
  const peer = new ScriptedPeer();
  if (channelBinding !== undefined) peer.transport.channelBinding = channelBinding;
  const connecting = connect('ws://scripted/', {
    realm: 'realm1',
    transport: peer.factory,
    clock: peer.clock,
    auth,
  });
  connecting.catch(() => undefined);
  const [, , details] = (await peer.next()) as [number, string, { readonly authextra?: Extra }];
  return { peer, connecting, authextra: details.authextra ?? {} };
}

/** The client goes, and says so. */
export async function expectRefusal(
  { peer, connecting }: Attempt,
  cause?: RegExp,
  fatal = true,
): Promise<void> {
  const error = await failure(connecting);
  expect(error).toBeInstanceOf(AuthError);
  expect(error).toMatchObject({ uri: 'wamp.error.authentication_failed', fatal });
  if (cause !== undefined)
    expect((error as AuthError).cause).toMatchObject({ message: expect.stringMatching(cause) as string });
  await peer.expect(CANNOT);
  expect(peer.closed).toBe(true);
}

export function welcome({ peer }: Attempt, details: Extra = {}): void {
  peer.send([2, 4711, { roles: { broker: {}, dealer: {} }, ...details }]);
}
