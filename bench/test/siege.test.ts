/** Hostile sessions around a router in this process: their work is left for later turns, and the witness gets its answers. */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { acceptRawSockets, createRouter } from '@wamp/router';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KINDS } from '../src/siege/kinds/index.ts';
import { Link, type Place } from '../src/siege/link.ts';
import { Random } from '../src/siege/random.ts';
import { newKindTally } from '../src/siege/tally.ts';

/** As long as a test may take (s): a busy machine is late with an answer. */
const PATIENCE = 300;

const router = createRouter({ realms: ['realm1'] });
const server: Server = createServer();
const acceptor = acceptRawSockets(router, { server });
let place: Place;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  place = { port: (server.address() as AddressInfo).port, realm: 'realm1', patience: PATIENCE };
});

afterAll(async () => {
  await router.close();
  await acceptor.close();
  server.close();
});

function join(): Promise<Link> {
  return Link.open(place, 'rawsocket', newKindTally());
}

/** A hundredth of the attack. */
async function attack(kind: string): Promise<Link> {
  const link = await join();
  await KINDS[kind]?.({ link, random: new Random(1), number: 1, scale: 0.01 });
  return link;
}

test.each(['allMatch', 'wildcardCalls', 'eligible', 'cancels', 'callBursts'])(
  'A4 the calls of a witness are answered, in order, during %s',
  async (kind) => {
    const witness = await join();
    witness.invoked = (request) => witness.send(`[70,${request},{}]`);
    await witness.ask(64, '{},"witness.echo"');
    const attacker = attack(kind);
    for (let call = 0; call < 50; call += 1) {
      const answer = await witness.ask(48, '{},"witness.echo"');
      expect(answer?.type).toBe(50);
    }
    const hostile = await attacker;
    expect([witness.ended, hostile.ended]).toEqual([undefined, undefined]);
    expect(hostile.tally.messages).toBeGreaterThan(0);
    witness.leave();
    hostile.leave();
  },
);

test('the same seed makes the same choices', () => {
  const choices = (seed: number): number[] => {
    const random = new Random(seed);
    return Array.from({ length: 100 }, () => random.between(0, 1000));
  };
  expect(choices(7)).toEqual(choices(7));
  expect(choices(7)).not.toEqual(choices(8));
});
