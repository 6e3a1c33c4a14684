import { createRouter, defaultFeatures } from '@wamp/router';
import { tracing } from '@wamp/opentelemetry';

const traces = tracing({ endpoint: 'http://127.0.0.1:4318/v1/traces', ratio: 0.1 });
const router = createRouter({ realms: ['realm1'], features: [...defaultFeatures(), traces.feature] });
traces.attach(router);
