/** How many may come, from one address and at a time (decisions: connections per address; handshakes in flight). */
import { json } from '@wamp/protocol';
import { createRouter, type LimitName, type Limits } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptLongPolls } from '@wamp/router';
import { Admission, type Place } from '../src/connection/admission.ts';
import { Tally } from '../src/core/tally.ts';
import { post } from './support/client-ends.ts';
import { Client, settle } from './support/client.ts';
import { greetingOf, HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { request, Site, WsClient } from './support/web-socket.ts';

class Door {
  readonly clock = new ManualClock();
  readonly limited = new Tally<LimitName>();
  readonly logged: unknown[] = [];
  readonly admission: Admission;

  constructor(limits: Partial<Limits>) {
    const { clock, limited } = this;
    this.admission = new Admission({
      clock,
      limited,
      limits: { connectionsPerAddress: Infinity, handshakes: Infinity, ...limits },
      log: (_level, _what, facts) => this.logged.push(facts),
    });
  }

  /** Lets one in, or says that there is no room. */
  knock(address?: string): Place | undefined {
    return this.admission.refuses(address) ? undefined : this.admission.enter(address);
  }

  /** Knocks until there is no room. */
  fill(address?: string): Place[] {
    const places: Place[] = [];
    for (
      let place = this.knock(address);
      place !== undefined && places.length < 1000;
      place = this.knock(address)
    ) {
      places.push(place);
    }
    return places;
  }
}

describe('connections of one address', () => {
  test('so many are let in, and no more, until one is over', () => {
    const door = new Door({ connectionsPerAddress: 3 });
    const places = door.fill('192.0.2.1');
    expect(places.length).toBe(3);
    expect(door.limited.toObject()).toEqual({ connections_per_address: 1 });
    places[1]?.joined();
    expect(door.knock('192.0.2.1')).toBeUndefined();
    places[1]?.left();
    expect(door.fill('192.0.2.1').length).toBe(1);
  });

  test('others do not count', () => {
    const door = new Door({ connectionsPerAddress: 1 });
    for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8:0:1::1']) {
      expect(door.fill(address).length).toBe(1);
    }
  });

  test('an IPv6 network of 64 bits is one address', () => {
    const door = new Door({ connectionsPerAddress: 2 });
    door.knock('2001:db8::1');
    door.knock('2001:db8::2');
    expect(door.knock('2001:db8::3')).toBeUndefined();
  });

  test.each([undefined, '127.0.0.1', '::1'])('%s may be anybody, and is not counted', (address) => {
    const door = new Door({ connectionsPerAddress: 1 });
    expect(door.fill(address).length).toBe(1000);
  });
});

describe('handshakes', () => {
  test('so many at a time, and no more, until one has joined or is gone', () => {
    const door = new Door({ handshakes: 4 });
    const places = door.fill();
    expect(places.length).toBe(4);
    places[0]?.joined();
    expect(door.fill().length).toBe(1);
    places[1]?.left();
    expect(door.fill().length).toBe(1);
    // Joined before: what is over now is no handshake.
    places[0]?.left();
    expect(door.fill().length).toBe(0);
    expect(door.limited.of('handshakes')).toBe(4);
  });

  test('one address has half of them at most, and the others their turn', () => {
    const door = new Door({ handshakes: 10 });
    expect(door.fill('192.0.2.1').length).toBe(5);
    expect(door.fill('2001:db8::1').length).toBe(5);
    expect(door.fill('192.0.2.2').length).toBe(0);
  });

  test('refusals are logged once a second at most', () => {
    const door = new Door({ handshakes: 0 });
    for (let round = 0; round < 500; round += 1) door.knock('192.0.2.1');
    door.clock.advance(1000);
    door.knock('192.0.2.1');
    expect(door.logged).toEqual([
      { address: '192.0.2.1', limit: 'handshakes', unmentioned: 0 },
      { address: '192.0.2.1', limit: 'handshakes', unmentioned: 499 },
    ]);
    expect(door.limited.of('handshakes')).toBe(501);
  });
});

test('any coming and going: who is let in is what a recount says', () => {
  const step = fc.record({
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '127.0.0.1'),
    index: fc.nat(30),
  });
  const steps = fc.array(fc.tuple(fc.constantFrom('knock', 'join', 'leave'), step), { maxLength: 100 });
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 2, max: 6 }),
      (all, most, handshakes) => {
        const door = new Door({ connectionsPerAddress: most, handshakes });
        const model: { address: string; place: Place; state: string }[] = [];
        for (const [what, { address, index }] of all) {
          const one = model[index % Math.max(1, model.length)];
          if (what === 'knock') {
            const mine = model.filter((other) => other.address === address && other.state !== 'over');
            const isTold = address !== '127.0.0.1';
            const waiting = model.filter(({ state }) => state === 'new').length;
            const room =
              waiting < handshakes &&
              (!isTold ||
                (mine.length < most && mine.filter(({ state }) => state === 'new').length < handshakes / 2));
            const place = door.knock(address);
            expect(place !== undefined).toBe(room);
            if (place !== undefined) model.push({ address, place, state: 'new' });
          } else if (one !== undefined && what === 'join' && one.state === 'new') {
            one.place.joined();
            one.state = 'joined';
          } else if (one !== undefined && what === 'leave' && one.state !== 'over') {
            one.place.left();
            one.state = 'over';
          }
        }
      },
    ),
  );
});

describe('over sockets', () => {
  test('a WebSocket upgrade too many is 503, and the next one after a join is not', async () => {
    await using site = await Site.open({ limits: { handshakes: 1 } });
    const first = await WsClient.connect(site.url());
    const { head } = await request(site.port, { 'Sec-WebSocket-Protocol': 'wamp.2.json' });
    expect(head).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\nRetry-After: 5/);
    expect((await first.ask(HELLO))[0]).toBe(2);
    await WsClient.join(site.url());
    expect(site.router.limited.toObject()).toEqual({ handshakes: 1 });
  });

  test('RAW-5 a RawSocket too many is error 4, and the next one after the first has gone is not', async () => {
    await using site = await RawSite.open({ limits: { handshakes: 1 } });
    const first = RawPeer.dial(site.port);
    first.write(greetingOf(json));
    expect(await first.reply).toEqual([0x7f, 0xb1, 0, 0]);
    const second = RawPeer.dial(site.port);
    second.write(greetingOf(json));
    expect(await second.reply).toEqual([0x7f, 0x40, 0, 0]);
    await second.closed();
    first.socket.end();
    await first.closed();
    await RawPeer.join(site.port);
    expect(site.router.limited.toObject()).toEqual({ handshakes: 1 });
  });

  test('a long-poll channel too many is 503', async () => {
    const router = createRouter({ realms: ['realm1'], limits: { handshakes: 1 } });
    const server: Server = createServer();
    acceptLongPolls(router, { server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lp`;
    const open = () => post(`${url}/open`, '{"protocols":["wamp.2.json"]}');
    const first = await open();
    expect(first.status).toBe(200);
    const second = await open();
    expect([second.status, second.headers['retry-after']]).toEqual([503, '5']);
    const { transport } = JSON.parse(first.body.toString()) as { transport: string };
    await post(`${url}/${transport}/send`, JSON.stringify(HELLO));
    expect((await open()).status).toBe(200);
    expect(router.limited.toObject()).toEqual({ handshakes: 1 });
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  test('a client that is refused, or breaks the protocol, is no handshake any more', async () => {
    const router = createRouter({ realms: ['realm1'], limits: { handshakes: 2 } });
    for (const first of [
      [1, 'nowhere', { roles: { caller: {} } }],
      [48, 1, {}, 'x'],
      [3, {}, 'bye'],
    ]) {
      const client = new Client(router);
      await client.say(first);
      await settle();
      expect(client.closed).toBe(true);
      expect(router.admission.refuses(undefined)).toBe(false);
    }
  });

  test('nothing remains of an address whose last connection is over', async () => {
    const router = createRouter({ realms: ['realm1'], limits: { connectionsPerAddress: 1 } });
    const address = '192.0.2.1';
    const client = new Client(router, json, { address });
    expect(router.admission.refuses(address)).toBe(true);
    await client.say(HELLO);
    expect(router.admission.refuses(address)).toBe(true);
    client.transport.close();
    await settle();
    expect(router.admission.refuses(address)).toBe(false);
  });
});
