/** The program `wamp-router` as it is started by people, with clients of all makes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attacksOf, offend } from './support/offender.ts';
import { joinAutobahn } from './support/autobahn.ts';
import { CARRIERS } from './support/carrier.ts';
import { MAKES, type Content } from './support/peers.ts';
import { startProgram, type Program } from './support/program.ts';
import { REALM } from './support/router.ts';
import { SERIALIZERS } from './support/serializers.ts';
import { until } from './support/until.ts';
import { joinWampy } from './support/wampy.ts';
import { Witnesses } from './support/witnesses.ts';

const SEED = Number(process.env['WAMP_FUZZ_SEED'] ?? Date.now() % 2 ** 32);
const ARGS = ['--realm', REALM];
const CONTENT: Content = {
  args: [1, 'zwei ☃', null, [2 ** 53 - 1, 0.5]],
  kwargs: { nested: { list: [true, {}] } },
};

let program: Program;

beforeAll(async () => {
  program = await startProgram(ARGS);
});
afterAll(async () => {
  program.kill('SIGTERM');
  await program.ended;
});

describe('clients of all makes meet', () => {
  it.each(MAKES)('$name serves, and all clients call', async (make) => {
    const { url } = program;
    const server = await make.join(url);
    const heard: Content[] = [];
    await server.registerEcho('com.example.echo', () => undefined);
    await server.subscribe('com.example.topic', (content) => heard.push(content));
    for (const other of MAKES) {
      const client = await other.join(url);
      expect(await client.call('com.example.echo', CONTENT), other.name).toEqual(CONTENT);
      await client.publish('com.example.topic', CONTENT);
      await client.close();
    }
    await until(() => heard.length === MAKES.length);
    expect(heard).toEqual(MAKES.map(() => CONTENT));
    await server.close();
  });
});

describe('mutated frames', () => {
  const all = CARRIERS.flatMap((carrier) => SERIALIZERS.map((serializer) => ({ carrier, serializer })));
  it.each(all)('of $serializer.name over $carrier.name do not affect others', async (each) => {
    const { carrier, serializer } = each;
    const { port } = program;
    console.log(`${carrier.name}, ${serializer.name}: WAMP_FUZZ_SEED=${SEED}`);
    const witnesses = await Witnesses.join(port, [serializer, serializer]);
    const where = { router: { port, rawPort: port }, carrier, serializer };
    await offend(where, attacksOf(where, { seed: SEED, count: 500 }), witnesses);
    expect(witnesses.rounds).toBe(50);
    await witnesses.leave();
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    expect(await health.json()).toMatchObject({ status: 'ok' });
    expect(program.alive).toBe(true);
    expect(program.complaints).toBe('');
  });
});

describe('SIGTERM', () => {
  it('says goodbye to all sessions, and ends with 0', async () => {
    const own = await startProgram(ARGS);
    const autobahn = await joinAutobahn(own.url, 'msgpack');
    let gone = false;
    await joinWampy(own.url, 'cbor', {
      onClose: () => {
        gone = true;
      },
    });
    own.kill('SIGTERM');
    expect(await autobahn.closed).toBe('wamp.close.system_shutdown');
    await until(() => gone);
    expect(await own.ended).toEqual({ code: 0, signal: null });
    expect(own.complaints).toBe('');
  });
});
