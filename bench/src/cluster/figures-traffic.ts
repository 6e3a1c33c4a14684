/** The CPU time of calls and events across nodes, beside that of a router on its own. */
import { JsonElements } from '../load/elements-json.ts';
import { drain, type Load } from '../load/load.ts';
import { PubSubLoad } from '../load/pubsub.ts';
import { RpcLoad } from '../load/rpc.ts';
import type { Destination } from '../load/session.ts';
import { cpuOf } from '../process-usage.ts';
import { sleep } from '../sleep.ts';
import type { RouterNode } from './nodes.ts';

/** How long a load runs before it is measured (s). */
const WARM_UP = 0.3;

/** The cost of a message. */
export interface Cost {
  /** CPU time per call or event (µs), by node. */
  readonly cpu: readonly number[];
  /** The median time from sending to answer or delivery (ms). */
  readonly latency: number;
  /** The 99th percentile of that time (ms). */
  readonly slow: number;
  readonly perSecond: number;
}

export interface Traffic {
  readonly name: string;
  /** The length of the text in each message (bytes). */
  readonly size: number;
  readonly window: number;
  /** Subscribers; absent for calls. */
  readonly subscribers?: number;
}

const elements = (): JsonElements => new JsonElements();

/** @param receiving the nodes of callees or subscribers; subscribers join them in turn */
export async function measureTraffic(
  traffic: Traffic,
  sending: RouterNode,
  receiving: readonly RouterNode[],
  seconds: number,
): Promise<Cost> {
  const load = await openLoad(traffic, destinationOf(sending), receiving.map(destinationOf));
  try {
    await sleep(WARM_UP);
    load.start();
    await sleep(WARM_UP);
    load.latency.clear();
    const nodes = [...new Set([sending, ...receiving])];
    const [before, delivered, began] = [nodes.map(cpuTime), load.delivered, performance.now()];
    await sleep(seconds);
    const after = nodes.map(cpuTime);
    const [count, elapsed] = [load.delivered - delivered, performance.now() - began];
    await drain(load);
    if (load.faults.total > 0) throw new Error(`${traffic.name}: ${load.faults.total} messages are wrong`);
    return {
      cpu: after.map((cpu, index) => (cpu - (before[index] ?? 0)) / count),
      latency: load.latency.quantile(0.5) / 1000,
      slow: load.latency.quantile(0.99) / 1000,
      perSecond: (count / elapsed) * 1000,
    };
  } finally {
    load.close();
    await sleep(WARM_UP);
  }
}

function openLoad(
  { size, window, subscribers }: Traffic,
  from: Destination,
  to: readonly Destination[],
): Promise<Load> {
  const payload = { size, kind: 'text' } as const;
  if (subscribers !== undefined)
    return PubSubLoad.open(
      from,
      { subscribers, window, payload, publisher: elements, subscriber: elements },
      to,
    );
  const options = { callers: 1, callees: 1, window, payload, caller: elements, callee: elements };
  return RpcLoad.open(from, options, to[0]);
}

function destinationOf({ url }: RouterNode): Destination {
  return { url, realm: 'realm1', relay: false };
}

function cpuTime({ child }: RouterNode): number {
  const cpu = cpuOf(child.pid ?? 0);
  if (cpu === undefined) throw new Error('the operating system does not tell the CPU time of processes');
  return cpu;
}
