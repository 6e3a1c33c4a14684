/** What a bridge counts, in the registry of its router: one set for all bridges of a router. */
import type { Counter, Family, Gauge, Router } from '@wamp/router';

/** The metrics of all bridges of a router. */
export interface BridgeMetrics {
  /** By operation and status. */
  readonly requests: Family<Counter>;
  /** Event streams that are open. */
  readonly streams: Gauge;
}

const metricsOf = new WeakMap<Router, BridgeMetrics>();

export function bridgeMetrics(router: Router): BridgeMetrics {
  const known = metricsOf.get(router);
  if (known !== undefined) return known;
  const { metrics } = router;
  const made: BridgeMetrics = {
    requests: metrics.counter({
      name: 'wamp_http_requests_total',
      help: 'Requests that HTTP bridges have answered, by operation (call, publish, subscribe, other) and status.',
      labels: ['operation', 'status'],
    }),
    streams: metrics
      .gauge({
        name: 'wamp_http_event_streams',
        help: 'Server-Sent Event streams that are open.',
      })
      .of(),
  };
  metricsOf.set(router, made);
  return made;
}

/** The metrics of all webhooks of a router. */
export interface WebhookMetrics {
  /** By webhook and outcome: `delivered`, `failed` (and tried again), `dead`, `lost` (at its end). */
  readonly deliveries: Family<Counter>;
  /** Dead letters that had to go, by webhook. */
  readonly deadLettersLost: Family<Counter>;
}

const webhookMetricsOf = new WeakMap<Router, WebhookMetrics>();

export function webhookMetrics(router: Router): WebhookMetrics {
  const known = webhookMetricsOf.get(router);
  if (known !== undefined) return known;
  const { metrics } = router;
  const made: WebhookMetrics = {
    deliveries: metrics.counter({
      name: 'wamp_webhook_deliveries_total',
      help: 'Events of webhooks, by outcome: delivered; failed, and tried again; dead; lost when the webhook ended.',
      labels: ['webhook', 'outcome'],
    }),
    deadLettersLost: metrics.counter({
      name: 'wamp_webhook_dead_letters_lost_total',
      help: 'Dead letters that are not kept any more, for newer ones have their room.',
      labels: ['webhook'],
    }),
  };
  webhookMetricsOf.set(router, made);
  return made;
}
