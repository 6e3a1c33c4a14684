/** Metrics of the supervisor: which workers listen, and how often they and their NATS server were started again. */
import type { MetricsRegistry } from '@wamp/router';
import { measureProcess } from '../process-metrics.ts';
import type { NatsServer } from './nats-server.ts';
import type { Slot } from './slot.ts';

/** Adds the process of the supervisor and its workers to its metrics. */
export function measureWorkers(
  metrics: MetricsRegistry,
  slots: readonly Pick<Slot, 'number' | 'state' | 'restarts'>[],
  nats: Pick<NatsServer, 'restarts'> | undefined,
): void {
  const labels = ['worker'];
  measureProcess(metrics);
  const up = { name: 'wamp_worker_up', help: '1 while the worker listens, else 0.', labels };
  metrics.observe('gauge', up, (observe) => {
    for (const { number, state } of slots) observe(state === 'listening' ? 1 : 0, String(number));
  });
  const restarts = {
    name: 'wamp_worker_restarts_total',
    help: 'How often the worker has ended and was started again.',
    labels,
  };
  metrics.observe('counter', restarts, (observe) => {
    for (const { number, restarts: times } of slots) observe(times, String(number));
  });
  if (nats === undefined) return;
  const ofNats = {
    name: 'wamp_nats_server_restarts_total',
    help: 'How often the NATS server of the workers has ended and was started again.',
  };
  metrics.observe('counter', ofNats, (observe) => {
    observe(nats.restarts);
  });
}
