/** The table of a session's life, against a model of what is really there: attempts, a timer, a connection. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LIFECYCLE, type Effect, type LifecycleEvent, type LifecycleState } from '../src/core/lifecycle.ts';

const RUNS = process.env['WAMP_DEEP'] === '1' ? 100_000 : 300;

const events: readonly LifecycleEvent[] = [
  'wanted',
  'welcomed',
  'failed',
  'refused',
  'lost',
  'ended',
  'due',
  'wake',
  'renew',
  'unused',
  'close',
];

/** What is there; each effect demands that it makes sense. */
class World {
  state: LifecycleState = 'idle';
  attempts = 0;
  timers = 0;
  connections = 0;
  /** Whether the work of the application is on the connection. */
  resumed = false;
  ends = 0;

  /** What can happen now, and what never will, since nothing there would bring it about. */
  canHappen(event: LifecycleEvent): boolean {
    if (['welcomed', 'failed'].includes(event)) return this.attempts > 0;
    if (['lost', 'ended'].includes(event)) return this.connections > 0;
    return event !== 'due' || this.timers > 0;
  }

  happen(event: LifecycleEvent): void {
    if (!this.canHappen(event)) return;
    if (event === 'welcomed' || event === 'failed') this.attempts -= 1;
    if (event === 'welcomed') this.connections += 1;
    if (event === 'lost' || event === 'ended') this.connections -= 1;
    if (event === 'due') this.timers -= 1;
    const [state, ...effects] = LIFECYCLE[this.state][event] ?? [this.state];
    this.state = state;
    for (const effect of effects) this.#do(effect);
    this.check();
  }

  #do(effect: Effect): void {
    switch (effect) {
      case 'attempt':
        this.attempts += 1;
        break;
      case 'abort':
        this.attempts = 0;
        break;
      case 'wait':
        this.timers += 1;
        break;
      case 'stopWaiting':
        this.timers -= 1;
        break;
      case 'resume':
        this.resumed = true;
        break;
      case 'suspend':
        this.resumed = false;
        break;
      case 'drop':
      case 'leave':
        this.connections -= 1;
        this.resumed = false;
        break;
      case 'goodbye':
        this.resumed = false;
        break;
      case 'end':
        this.ends += 1;
        break;
      case 'probe':
        expect(this.connections).toBe(1);
    }
  }

  check(): void {
    const { state, attempts, timers, connections, resumed, ends } = this;
    expect({ state, attempts, timers, connections, resumed, ends }).toEqual({
      state,
      attempts: state === 'connecting' || state === 'retrying' ? 1 : 0,
      timers: state === 'waiting' ? 1 : 0,
      connections: state === 'open' || state === 'closing' ? 1 : 0,
      resumed: state === 'open',
      ends: state === 'closed' ? 1 : 0,
    });
  }
}

test('D1 whatever happens, there is at most one attempt, timer and connection, and each exactly when its state says so', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 60 }), (sequence) => {
      const world = new World();
      for (const event of sequence) world.happen(event);
    }),
    { numRuns: RUNS },
  );
});

test('D1 close leads to the end from every state, and nothing leads out of it', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 60 }), (sequence) => {
      const world = new World();
      for (const event of sequence) world.happen(event);
      world.happen('close');
      world.happen('ended');
      expect(world.state).toBe('closed');
      for (const event of events) world.happen(event);
      expect(world.state).toBe('closed');
    }),
    { numRuns: RUNS },
  );
});
