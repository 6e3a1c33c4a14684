import { natsEngine } from '@wamp/cluster-nats';
import { createRouter } from '@wamp/router';

const engine = natsEngine({ cluster: 'prod', servers: ['nats://127.0.0.1:4222'], replicas: 1 });
const router = createRouter({ realms: ['realm1'], cluster: { node: 'a', engine } });
await router.start();
