/** The conversations of `flows`, with the clients on two nodes of a cluster: they cannot tell it from one router. */
import { readdirSync } from 'node:fs';
import type { ConversationOptions } from '@wamp/router/testing';
import { describe, expect, vi } from 'vitest';
import { converseOnTwoNodes } from './support/two-nodes.ts';

/** What is different with two nodes, by its reason, and the conversations that show it: they are held with one router. */
const DIFFERENT: Readonly<Record<string, readonly RegExp[]>> = {
  'concurrency is kept by the node of the callee, where a call waits though another callee is idle': [
    /concurrency.test.ts > the queue > (a callee that comes|PPT-3 a call that waited)/,
    /concurrency.test.ts > policies > (SHR-3 (random|last|roundrobin) .*busy|load: with bounds)/,
    /concurrency.test.ts > rerouting > (RRT-4 nor when|RRT-2 who declines|RRT-2 a callee that joins)/,
  ],
  'the caller of a call that waited is told that the callee has left': [
    /concurrency.test.ts > the queue > LEAVE-2 (so it is when|all thousand)/,
    /concurrency.test.ts > canceling > CAN-2 a lingering callee/,
  ],
  'lists begin with what is at the node of the caller': [
    /session-kill.test.ts > the sessions that it ends > META-3 T-23 kill_by_/,
    /session-meta.test.ts > procedures > META-1 META-2 T-23 count and list/,
    /subscription-meta.test.ts > events > META-5 SUB-2 a subscription is created/,
    /subscription-meta.test.ts > procedures > META-2 list gives/,
  ],
  'a text that cannot be sent does not reach the other node': [/META-3 a GOODBYE that cannot be delivered/],
  'each node drains, and closes its realms, by itself': [
    /sessions.test.ts > leaving > SES-(9|10) /,
    /shutdown.test.ts > draining > (SES-9 patience|whom the router trusts|the calls of every realm)/,
  ],
  'each node has a log of its own, whose events say where they were published': [
    /recovery.test.ts > /,
    /peers-defects.test.ts > Crossbar.io > HIST-4 history holds an event once/,
  ],
  'it takes long, for years pass, in which the nodes greet each other each second': [/TMO-1 no timeout/],
  'a realm that a template creates is not shared unless both nodes have it already': [
    /realm-templates.test.ts > .*creates it where a template matches/,
  ],
};

vi.mock(import('@wamp/router/testing'), async (original) => {
  const real = await original();
  const converse = async (script: string, options: ConversationOptions = {}): Promise<void> => {
    const name = expect.getState().currentTestName ?? '';
    const isSingle =
      options.connect !== undefined ||
      options.router?.clock !== undefined ||
      Object.values(DIFFERENT).some((tests) => tests.some((test) => test.test(name)));
    if (isSingle) return real.converse(script, options);
    try {
      await converseOnTwoNodes(script, options);
    } catch (error) {
      // There are no lasting stores in a realm that is shared.
      if (error instanceof Error && error.message.includes('of a realm that a cluster shares cannot be'))
        return real.converse(script, options);
      throw error;
    }
  };
  return { ...real, converse };
});

const flows = new URL('flows/', import.meta.url);
for (const file of readdirSync(flows))
  describe(file, async () => {
    await import(new URL(file, flows).href);
  });
