/** A node of the cluster in a process of its own, with the given number of local sessions. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { natsEngine } from '@wamp/cluster-nats';
import { createRouter } from '@wamp/router';

/** How many sessions join in a turn: a node that is busy for seconds would be declared dead. */
const AT_ONCE = 100;

const [servers = '', sessions = '0'] = process.argv.slice(2);
const engine = natsEngine({ cluster: 'bench', servers: servers.split(','), replicas: 3 });
const router = createRouter({ realms: ['realm1'], cluster: { node: 'many', engine, deadAfter: 5000 } });
await router.start();
for (let index = 0; index < Number(sessions); index += 1) {
  router.join('realm1', { principal: { authid: `user${index}`, authrole: 'guest' } });
  if (index % AT_ONCE === 0) await nextTurn();
}
process.send?.('joined');
