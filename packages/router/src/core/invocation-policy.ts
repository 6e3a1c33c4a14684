/** Which callee of a registration gets a call (spec: Shared Registration). */
import type { Callee, Registration } from './registration.ts';
import type { Session } from './session.ts';

const NOBODY: ReadonlySet<Session> = new Set();

/**
 * The callee that is to serve the next call.
 * @param tried those that have declined this call already, passed over as if they were not there
 * @param random uniform in [0, 1)
 */
export function choose(
  registration: Registration,
  random: () => number,
  tried: ReadonlySet<Session> = NOBODY,
): Callee | undefined {
  const { callees } = registration;
  switch (registration.invoke) {
    case 'single':
    case 'first':
      return tried.size === 0 ? callees[0] : callees.find((callee) => !tried.has(callee.session));
    case 'last':
      return callees.findLast((callee) => !tried.has(callee.session));
    case 'random': {
      const willing = tried.size === 0 ? callees : callees.filter((callee) => !tried.has(callee.session));
      return willing[Math.floor(random() * willing.length)];
    }
    case 'roundrobin':
      return nextInTurn(registration, tried);
  }
}

function nextInTurn(registration: Registration, tried: ReadonlySet<Session>): Callee | undefined {
  const { callees } = registration;
  for (let step = 0; step < callees.length; step += 1) {
    const index = (registration.turn + step) % callees.length;
    const callee = callees[index];
    if (callee !== undefined && !tried.has(callee.session)) {
      registration.turn = (index + 1) % callees.length;
      return callee;
    }
  }
  return undefined;
}
