/** Whether the router is a node of a cluster: the view of it is shown only then. */
import { signal } from '@preact/signals';
import { dictOf, type Dict } from '../lib/read.ts';

export const isClustered = signal(false);

/** What `wamp.admin.cluster.status` has answered; a router on its own answers with an error. */
export function noteCluster(answer: unknown): Dict {
  isClustered.value = true;
  return dictOf(answer);
}
