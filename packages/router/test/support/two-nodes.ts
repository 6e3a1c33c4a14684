/** Two nodes of a cluster in memory, on which a conversation places its clients by turns. */
import type { ManualClock, ConversationOptions } from '@wamp/router/testing';
import type { Router } from '../../src/host.ts';
import type { RouterOptions } from '../../src/router-options.ts';
import { createRouter } from '../../src/create-router.ts';
import { converseAt, type Venue } from '../../src/testing/conversation.ts';
import { Quiet } from './client.ts';
import { MemoryNetwork } from './memory-cluster.ts';

/** Long enough that no node is declared dead when a conversation lets years pass at once (ms). */
const NEVER = 1e15;

class TwoNodes implements Venue {
  readonly nodes: readonly Router[];
  readonly #places = new Map<string, Router>();
  readonly #quiet: Quiet;
  readonly #isReversed: boolean;

  constructor(nodes: readonly Router[], quiet: Quiet, isReversed: boolean) {
    this.nodes = nodes;
    this.#quiet = quiet;
    this.#isReversed = isReversed;
  }

  /** The first client is at the first node, the second one at the second, and so on. */
  nodeOf(peer: string): Router {
    const known = this.#places.get(peer);
    const index = (this.#places.size + Number(this.#isReversed)) % this.nodes.length;
    const place = known ?? this.nodes[index];
    if (place === undefined) throw new Error('there are no nodes');
    this.#places.set(peer, place);
    return place;
  }

  settle(): Promise<void> {
    return this.#quiet.settle();
  }
}

/** Plays a conversation whose clients are on two nodes. */
export function converseOnTwoNodes(
  script: string,
  options: ConversationOptions = {},
  isReversed = false,
): Promise<void> {
  return converseAt((settings, clock) => open(settings, clock, isReversed), script, options);
}

async function open(settings: RouterOptions, clock: ManualClock, isReversed: boolean): Promise<Venue> {
  const network = new MemoryNetwork(clock);
  const began = clock.now();
  const nodes: Router[] = [];
  const quiet = new Quiet();
  const venue = new TwoNodes(nodes, quiet, isReversed);
  for (const node of ['a', 'b']) {
    const router = createRouter({
      ...settings,
      cluster: { node, engine: network.engine(), deadAfter: NEVER },
    });
    quiet.watch(router);
    nodes.push(router);
    const starting = { isOver: false };
    const over = (): void => {
      starting.isOver = true;
    };
    const started = router.start();
    started.then(over, over);
    while (!starting.isOver) {
      await venue.settle();
      clock.advance(20);
    }
    await started;
  }
  await venue.settle();
  clock.set(began);
  return venue;
}
