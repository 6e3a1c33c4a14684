/** What systemd is told, and when; with a stand-in for systemd-notify and for time. */
import { expect, test } from 'vitest';
import type { Environment } from '../src/config/environment.ts';
import { ServiceManager } from '../src/service-manager.ts';

/** A manager whose words are noted. */
function managed(environment: Environment, why?: string) {
  const told: string[] = [];
  const logged: unknown[] = [];
  let ring: (() => void) | undefined;
  let interval: number | undefined;
  const manager = new ServiceManager(
    environment,
    (_level, _message, facts) => logged.push(facts),
    (assignment, failed) => {
      told.push(assignment);
      if (why !== undefined) failed(why);
    },
    (ms, each) => {
      [interval, ring] = [ms, each];
      return () => {
        ring = undefined;
      };
    },
  );
  return { manager, told, logged, tick: () => ring?.(), interval: () => interval };
}

const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' };

test('systemd is notified when the router is ready, twice per watchdog interval, and at the end', () => {
  const { manager, told, tick, interval } = managed({ ...SOCKET, WATCHDOG_USEC: '30000000' });
  manager.ready();
  expect(interval()).toBe(15_000);
  tick();
  manager.stopping();
  tick();
  manager.close();
  tick();
  expect(told).toEqual(['READY=1', 'WATCHDOG=1', 'STOPPING=1', 'WATCHDOG=1']);
});

test.each([
  ['a watchdog for another process', { ...SOCKET, WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }, ['READY=1']],
  ['no watchdog', SOCKET, ['READY=1']],
  ['no service manager', { WATCHDOG_USEC: '1000000' }, []],
])('%s', (_what, environment, expected) => {
  const { manager, told, tick } = managed(environment);
  manager.ready();
  tick();
  expect(told).toEqual(expected);
});

test('a failure is logged once', () => {
  const { manager, logged } = managed(SOCKET, 'spawn systemd-notify ENOENT');
  manager.ready();
  manager.stopping();
  expect(logged).toEqual([{ code: 'service_manager_unreachable', why: 'spawn systemd-notify ENOENT' }]);
});
