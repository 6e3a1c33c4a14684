/** People with names and roles, for conversations. */
import type { Authenticator } from '@wamp/router';
import type { PeerOptions } from '@wamp/router/testing';

/** Lets everybody in as whom they say they are. */
export const trusting: Authenticator = {
  method: 'anonymous',
  begin: ({ details: { authid = 'nobody', authrole = 'guest' } }) => ({
    welcome: { authid, authrole, authmethod: 'anonymous', authprovider: 'test' },
  }),
};

/** A client of that name and role. */
export function as(authid: string, authrole: string): PeerOptions {
  return { details: { authid, authrole } };
}
