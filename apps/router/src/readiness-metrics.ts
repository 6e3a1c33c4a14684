/** Adds to the metrics whether the router is ready for clients, and when the certificates of its listeners expire. */
import type { MetricsRegistry } from '@wamp/router';
import type { Health } from './health.ts';
import type { ToldListener } from './listeners.ts';

const READY = {
  name: 'wamp_ready',
  help: '1 while clients should be sent here, as /health/ready answers, else 0.',
};
const EXPIRY = {
  name: 'wamp_certificate_expiry_seconds',
  help: 'When the certificate of a listener with TLS expires, since the epoch.',
  labels: ['listener'],
};

/** Reads both each time the metrics are read. */
export function measureReadiness(
  metrics: MetricsRegistry,
  health: Pick<Health, 'unready'>,
  listeners: { told(): readonly ToldListener[] },
): void {
  metrics.observe('gauge', READY, (observe) => {
    observe(health.unready().length === 0 ? 1 : 0);
  });
  metrics.observe('gauge', EXPIRY, (observe) => {
    for (const { place, certificate } of listeners.told()) {
      if (certificate !== undefined) observe(Date.parse(certificate.expires) / 1000, place);
    }
  });
}
