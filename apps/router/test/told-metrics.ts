/** The metrics that a router tells Prometheus, for tests of what asks for them: the dashboard and the alert rules. */
import { createServer } from 'node:http';
import { bridgeHttp, startWebhook } from '@wamp/http-bridge';
import { createRouter, type Cluster } from '@wamp/router';
import { measureCluster } from '../src/cluster.ts';
import { measureProcess } from '../src/process-metrics.ts';
import { prometheusText } from '../src/prometheus.ts';
import { measureReadiness } from '../src/readiness-metrics.ts';
import { measureStore } from '../src/store-metrics.ts';
import { measureWorkers } from '../src/workers/supervisor-metrics.ts';

/** The name of a metric, or of a sample of a histogram. */
export const METRIC = /\b(?:wamp|process)_[a-z_]+\b/g;

/** A node of a cluster without others. */
const ALONE: Pick<Cluster, 'status'> = {
  status: () => ({
    node: 'a',
    epoch: '1',
    state: 'joined',
    members: [],
    claims: { held: 0, pending: 0 },
    expelled: 0,
    isolated: 0,
    certificates: 0,
  }),
};

/** The names of samples as Prometheus scrapes them, by those of the metrics that they belong to. */
export async function told(): Promise<ReadonlyMap<string, string>> {
  const router = createRouter({ realms: ['realm1'] });
  const status = { failing: undefined, written: 0, commits: 0, failures: 0, lost: 0, pending: 0 };
  measureStore(router.metrics, { status });
  measureReadiness(router.metrics, { unready: () => [] }, { told: () => [] });
  measureCluster(router.metrics, ALONE);
  // The supervisor of workers tells those of its own process as well.
  measureProcess(router.metrics);
  const supervisor = createRouter({ realms: ['realm1'] });
  measureWorkers(supervisor.metrics, [], { restarts: 0 });
  bridgeHttp(router, { server: createServer(), path: '/api', realm: 'realm1' });
  const target = 'https://127.0.0.1/';
  await startWebhook(router, {
    realm: 'realm1',
    topic: 'com.news',
    target,
    secret: 'a secret of a webhook',
    allowPrivate: true,
  });
  const names = new Map<string, string>();
  const text = prometheusText(router.metrics) + prometheusText(supervisor.metrics);
  for (const [, name = '', kind] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    if (kind !== 'histogram') names.set(name, name);
    else for (const part of ['_bucket', '_sum', '_count']) names.set(name + part, name);
  }
  return names;
}
