/** Metrics of the process, under the conventional names of Prometheus clients. */
import { readdirSync } from 'node:fs';
import { memoryUsage } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import type { MetricsRegistry } from '@wamp/router';
import { version } from './version.ts';

/** Adds the process to the metrics of a router. */
export function measureProcess(metrics: MetricsRegistry): void {
  const started = performance.timeOrigin / 1000;
  const gauge = (name: string, help: string, read: () => number | undefined): void => {
    metrics.observe('gauge', { name, help }, (observe) => {
      const value = read();
      if (value !== undefined) observe(value);
    });
  };
  metrics.observe('counter', CPU, (observe) => {
    const { user, system } = process.cpuUsage();
    observe((user + system) / 1e6);
  });
  gauge('process_start_time_seconds', 'When the process was started, since the epoch.', () => started);
  gauge('process_resident_memory_bytes', 'Memory of the process in RAM.', () => memoryUsage.rss());
  gauge('process_heap_bytes', 'JavaScript heap in use.', () => memoryUsage().heapUsed);
  gauge('process_heap_limit_bytes', 'The most that the JavaScript heap may be.', () => {
    return getHeapStatistics().heap_size_limit;
  });
  gauge('process_open_fds', 'Open file descriptors, where the system tells them.', openDescriptors);
  metrics.observe('gauge', BUILD, (observe) => {
    observe(1, version(), process.version);
  });
}

const CPU = { name: 'process_cpu_seconds_total', help: 'CPU time of the process, of user and system.' };
const BUILD = {
  name: 'wamp_build_info',
  help: 'Always 1; the labels say what runs.',
  labels: ['version', 'node'],
};

function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
