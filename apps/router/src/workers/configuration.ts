/** The configuration as a worker has it: a node of a cluster, without servers for operators. */
import { checkShared, cluster } from '../config/cluster.ts';
import type { LoadedConfiguration } from '../config/load.ts';
import { Files } from '../config/files.ts';
import type { Configuration } from '../config/schema.ts';
import type { OwnNats } from './questions.ts';

/** The name of the cluster that the workers of a machine are. */
const NAME = 'workers';

/**
 * @param worker its number, from 1
 * @param nats the NATS server of the workers; undefined when the configuration has a cluster
 * @throws CannotStart for a configuration that workers cannot have
 */
export function forWorker(
  loaded: LoadedConfiguration,
  worker: number,
  nats: OwnNats | undefined,
): LoadedConfiguration {
  refuseUnfit(loaded);
  const { admin, listeners, ...rest } = loaded.configuration;
  const { realm, payloads } = admin;
  const configuration: Configuration = {
    ...rest,
    cluster: nodeOf(loaded.configuration, worker, nats),
    listeners: listeners.map((each) => ({
      ...each,
      transports: each.transports.filter((transport) => transport !== 'longpoll'),
    })),
    // The first process serves operators.
    admin: { ...(realm === undefined ? {} : { realm }), ...(payloads === undefined ? {} : { payloads }) },
  };
  return { ...loaded, configuration };
}

function nodeOf(
  { cluster: configured }: Configuration,
  worker: number,
  nats: OwnNats | undefined,
): NonNullable<Configuration['cluster']> {
  if (configured !== undefined) return { ...configured, node: `${configured.node}-${worker}` };
  const { url = '', token = '' } = nats ?? {};
  return cluster(new Files('.')).parse({
    name: NAME,
    node: `worker-${worker}`,
    nats: { servers: [url], token, replicas: 1 },
  });
}

/** @throws CannotStart with the place of what workers cannot share */
export function refuseUnfit(loaded: LoadedConfiguration): void {
  const { realms, realmTemplates, listeners, store, cluster: configured } = loaded.configuration;
  realms.forEach(({ cluster: isShared }, index) => {
    if (isShared === false)
      throw loaded.complaint(
        ['realms', index, 'cluster'],
        'does not go with --workers: each worker would have a realm of this name for itself, expected true',
      );
  });
  if (realmTemplates.length > 0)
    throw loaded.complaint(
      ['realm_templates'],
      'does not go with --workers: each worker would create the realms for itself, expected none',
    );
  if (store !== undefined)
    throw loaded.complaint(['store'], 'does not go with --workers: one process can write it, expected none');
  if (configured === undefined)
    checkShared(realms, false, (path, what) => {
      const [why = what] = what.split(', expected');
      throw loaded.complaint(path, `${why}, and each of the --workers is a node of one`);
    });
  // Without a file, workers do without it.
  if (loaded.file === undefined) return;
  listeners.forEach(({ transports }, index) => {
    if (transports.includes('longpoll'))
      throw loaded.complaint(
        ['listeners', index, 'transports'],
        'does not go with --workers: the requests of one long-poll client would come to several workers, ' +
          'expected [websocket, rawsocket]',
      );
  });
}
