/** Three routers over three real NATS servers. */
import { createRouter, type LocalSession, type Router } from '@wamp/router';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { natsEngine } from '../src/index.ts';
import { NatsServers, whyNoNats } from './support/nats-servers.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

/** The session of a node, by its name. */
function at(routers: ReadonlyMap<string, Router>, name: string): LocalSession {
  const router = routers.get(name);
  if (router === undefined) throw new Error(`there is no node ${name}`);
  return router.join('realm1', { principal: { authid: `client of ${name}`, authrole: 'tester' } });
}

describe.skipIf(missing !== undefined)(
  `S2 a cluster over NATS${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let servers: NatsServers;
    const routers = new Map<string, Router>();
    const faults: unknown[] = [];

    beforeAll(async () => {
      servers = await NatsServers.start(3);
      for (const node of ['a', 'b', 'c']) {
        const engine = natsEngine({ cluster: 'test', servers: servers.urls, replicas: 3 });
        const log = (level: string, what: string, facts: object): void => {
          if (level === 'error') faults.push([what, facts]);
        };
        const router = createRouter({ realms: ['realm1'], cluster: { node, engine }, log });
        await router.start();
        routers.set(node, router);
      }
    });

    afterAll(async () => {
      for (const router of routers.values()) await router.close();
      await servers.stop();
    });

    test('calls and events cross nodes', async () => {
      const [a, b, c] = ['a', 'b', 'c'].map((name) => at(routers, name)) as [
        LocalSession,
        LocalSession,
        LocalSession,
      ];
      await b.register('com.add', ({ args: [one, other] }) => ({ args: [Number(one) + Number(other)] }));
      await expect(a.call('com.add', [1, 2])).resolves.toMatchObject({ args: [3] });
      const heard: unknown[] = [];
      await c.subscribe('com.news', ({ args }) => {
        heard.push(args[0]);
      });
      for (let number = 0; number < 100; number += 1) await a.publish('com.news', [number]);
      await expect.poll(() => heard.length).toBe(100);
      expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => index));
      for (const session of [a, b, c]) session.leave();
    });

    test('of three nodes that register a procedure at the same time, one has it', async () => {
      const sessions = ['a', 'b', 'c'].map((name) => at(routers, name));
      for (let race = 0; race < 30; race += 1) {
        const outcomes = await Promise.allSettled(
          sessions.map((session) => session.register(`com.race.${race}`, () => ({}))),
        );
        expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }
      for (const session of sessions) session.leave();
    });

    test('a name that is alive is refused', async () => {
      const engine = natsEngine({ cluster: 'test', servers: servers.urls, replicas: 3 });
      const router = createRouter({ realms: ['realm1'], cluster: { node: 'a', engine } });
      await expect(router.start()).rejects.toThrow(/another node named a is running/);
    });

    test('a NATS server that is killed costs no call and no event', async () => {
      const [a, b] = ['a', 'b'].map((name) => at(routers, name)) as [LocalSession, LocalSession];
      await b.register('com.echo', ({ args }) => ({ args }));
      const heard: unknown[] = [];
      await b.subscribe('com.flow', ({ args }) => {
        heard.push(args[0]);
      });
      let published = 0;
      for (let round = 0; round < 150; round += 1) {
        if (round === 50) servers.signal(0, 'SIGKILL');
        const { args } = await a.call('com.echo', [round]);
        expect(args).toEqual([round]);
        for (let number = 0; number < 20; number += 1) await a.publish('com.flow', [(published += 1)]);
      }
      await expect.poll(() => heard.length).toBe(published);
      expect(heard).toEqual(Array.from({ length: published }, (_, index) => index + 1));
      servers.restart(0);
      await servers.ready();
      for (const session of [a, b]) session.leave();
    });

    test('no fault was logged', () => {
      expect(faults).toEqual([]);
    });
  },
);
