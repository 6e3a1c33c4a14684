/** The metrics of bridges and webhooks in the registry of a router; all bridges of a router share them. */
import type { Counter, Family, Gauge, Router } from '@wamp/router';

/** The metrics of all bridges of a router. */
export interface BridgeMetrics {
  /** Requests, by operation and status. */
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
  /** Deliveries, by webhook and outcome: `delivered`, `failed` (and repeated), `dead`, `lost` (when the webhook ends). */
  readonly deliveries: Family<Counter>;
  /** Dead letters that were dropped for lack of room, by webhook. */
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
      help: 'Events of webhooks, by outcome: delivered; failed, and repeated; dead; lost when the webhook ended.',
      labels: ['webhook', 'outcome'],
    }),
    deadLettersLost: metrics.counter({
      name: 'wamp_webhook_dead_letters_lost_total',
      help: 'Dead letters that were dropped to make room for newer ones.',
      labels: ['webhook'],
    }),
  };
  webhookMetricsOf.set(router, made);
  return made;
}
