/** Which callee of a registration gets a call (spec: Shared Registration). */
import { hasRoom, setTurn, type Callee, type Registration } from './registration.ts';
import type { Session } from './session.ts';

/**
 * The callee that serves the next call; undefined when none has room.
 * @param random uniform in [0, 1)
 * @param tried callees that have already declined this call, which are skipped
 * @param prefersLocal whether callees of this node come before those of other nodes, where the policy promises no order
 */
export function chooseCallee(
  registration: Registration,
  random: () => number,
  tried?: ReadonlySet<Session>,
  prefersLocal = false,
): Callee | undefined {
  const { single } = registration;
  if (single !== undefined && tried === undefined) {
    if (!hasRoom(single)) return undefined;
    if (registration.turn !== 1) setTurn(registration, 1); // so that the next callee to register gets the next call
    return single;
  }
  if (registration.withRoom === 0) return undefined;
  const willing = (callee: Callee): boolean => hasRoom(callee) && tried?.has(callee.session) !== true;
  if (!prefersLocal) return choose(registration, random, willing, tried === undefined);
  const { invoke } = registration;
  const isOrdered = invoke === 'single' || invoke === 'first' || invoke === 'last';
  const near = (callee: Callee): boolean => callee.session.remote === undefined && willing(callee);
  const local = isOrdered ? undefined : choose(registration, random, near, false);
  return local ?? choose(registration, random, willing, tried === undefined);
}

/** @param mayAllBeWilling false when some callees may be unwilling though they have room */
function choose(
  registration: Registration,
  random: () => number,
  willing: (callee: Callee) => boolean,
  mayAllBeWilling: boolean,
): Callee | undefined {
  const { callees } = registration;
  switch (registration.invoke) {
    case 'single':
    case 'first':
      return callees.find(willing);
    case 'last':
      return callees.findLast(willing);
    case 'random': {
      const allAreWilling = mayAllBeWilling && registration.withRoom === callees.length;
      const candidates = allAreWilling ? callees : callees.filter(willing);
      return candidates[Math.floor(random() * candidates.length)];
    }
    case 'roundrobin':
      return nextInTurn(registration, willing);
    case 'load':
      return leastBusy(callees, willing);
  }
}

function nextInTurn(registration: Registration, willing: (callee: Callee) => boolean): Callee | undefined {
  const { callees } = registration;
  for (let step = 0; step < callees.length; step += 1) {
    const index = (registration.turn + step) % callees.length;
    const callee = callees[index];
    if (callee !== undefined && willing(callee)) {
      setTurn(registration, index + 1); // not wrapped: a callee that is appended now gets the next call
      return callee;
    }
  }
  return undefined;
}

/** The first callee with the fewest invocations. The search ends at one without any. */
function leastBusy(callees: readonly Callee[], willing: (callee: Callee) => boolean): Callee | undefined {
  let best: Callee | undefined;
  for (const callee of callees) {
    if ((best !== undefined && callee.active >= best.active) || !willing(callee)) continue;
    if (callee.active === 0) return callee;
    best = callee;
  }
  return best;
}
