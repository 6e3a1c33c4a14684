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
