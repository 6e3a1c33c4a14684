/** A WELCOME for clients that take next to nothing: RawSocket lets a client announce 512 bytes as its longest message. */
import type { Welcome } from '@wamp/protocol';

/** Clients that take messages of so many bytes hear all of WELCOME. */
export const AMPLE = 2048;

/** The same WELCOME without the features that are this router's own, whose names begin with `x_`: they are the first to do without. */
export function briefWelcome(welcome: Welcome): Welcome {
  const roles = Object.entries(welcome.details.roles).map(([role, { features = {}, ...rest }]) => {
    const standard = Object.entries(features).filter(([name]) => !name.startsWith('x_'));
    return [role, { ...rest, features: Object.fromEntries(standard) }] as const;
  });
  return { ...welcome, details: { ...welcome.details, roles: Object.fromEntries(roles) } };
}
