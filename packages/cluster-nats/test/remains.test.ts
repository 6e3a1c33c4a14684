/** What remains in a bucket of real NATS servers of keys that were deleted. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeRemains } from '../src/remains.ts';
import { NatsServers, whyNoNats } from './support/nats-servers.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

describe.skipIf(missing !== undefined).each([1, 3])('S2 deleted keys of a bucket on %i servers', (count) => {
  let servers: NatsServers;

  beforeAll(async () => {
    servers = await NatsServers.start(count);
  });

  afterAll(async () => {
    await servers.stop();
  });

  test('their markers are removed, and values stay', async () => {
    const connection = await connect({ servers: [...servers.urls] });
    const kv = await new Kvm(jetstream(connection)).create('test', { history: 16, replicas: count });
    const messages = async (): Promise<number> => {
      const { streams } = await jetstreamManager(connection);
      return (await streams.info('KV_test')).state.messages;
    };
    const keys = Array.from({ length: 300 }, (_, number) => `r.realm1.e.com=2Ereply${number}.a`);
    await Promise.all(keys.map((key) => kv.put(key, 'held')));
    await Promise.all(keys.map((key) => kv.delete(key)));
    // One that was held again, and one that was deleted later than all others.
    await kv.put('again', 'held');
    await kv.delete('again');
    await kv.put('again', 'held again');
    await kv.put('n.a', 'alive');
    expect(await messages()).toBe(604);
    expect(await removeRemains(connection, kv, 'test', 3_600_000)).toBe(0);
    expect(await messages()).toBe(604);
    expect(await removeRemains(connection, kv, 'test', 0)).toBe(300);
    expect(await messages()).toBe(4);
    expect((await kv.get('again'))?.string()).toBe('held again');
    expect((await kv.get('n.a'))?.string()).toBe('alive');
    expect(await removeRemains(connection, kv, 'test', 0)).toBe(0);
    await connection.close();
  });

  test('a key that is written while its marker is removed keeps its value', async () => {
    const connection = await connect({ servers: [...servers.urls] });
    const kv = await new Kvm(jetstream(connection)).create('race', { history: 16, replicas: count });
    const keys = Array.from({ length: 200 }, (_, number) => `key${number}`);
    await Promise.all(keys.map((key) => kv.put(key, 'held')));
    await Promise.all(keys.map((key) => kv.delete(key)));
    const removing = removeRemains(connection, kv, 'race', 0);
    await Promise.all([removing, ...keys.toReversed().map((key) => kv.put(key, 'held again'))]);
    const values = await Promise.all(keys.map(async (key) => (await kv.get(key))?.string()));
    expect(new Set(values)).toEqual(new Set(['held again']));
    await connection.close();
  });
});
