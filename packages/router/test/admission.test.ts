/** How many may come, from one address and at a time, and who waits for whom (decisions: handshakes in flight). */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { json } from '@wamp/protocol';
import { acceptLongPolls, createRouter, type LimitName, type Limits } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Admission, STARTS_A_TURN } from '../src/connection/admission.ts';
import type { Place } from '../src/connection/place.ts';
import { ProcessAccounts } from '../src/core/kept.ts';
import { Tally } from '../src/core/tally.ts';
import { post } from './support/client-ends.ts';
import { Client, settle } from './support/client.ts';
import { coreOf } from './support/core.ts';
import { greetingOf, HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { request, Site, WsClient } from './support/web-socket.ts';

/** Who has come, and what became of them. */
class Guest {
  readonly place: Place;
  state: 'silent' | 'waiting' | 'joining' | 'refused' | 'evicted' | 'dropped' | 'joined' | 'gone' = 'silent';

  constructor(door: Door, address?: string) {
    const place = door.admission.accept(address, () => {
      this.state = 'dropped';
      this.place.gone();
    });
    this.place = place ?? door.admission.place(address);
    this.place.evicted = () => {
      this.state = 'evicted';
      this.place.left();
      this.place.gone();
    };
    if (place === undefined) {
      this.state = 'dropped';
      this.place.gone();
    }
  }

  ask(): this {
    const waits = this.place.ask({
      begin: () => (this.state = 'joining'),
      refuse: () => {
        this.state = 'refused';
        this.place.gone();
      },
    });
    if (waits) this.state = 'waiting';
    return this;
  }

  join(): void {
    this.state = 'joined';
    this.place.joined();
  }

  leave(): void {
    this.state = 'gone';
    this.place.left();
    this.place.gone();
  }
}

class Door {
  readonly clock = new ManualClock();
  readonly limited = new Tally<LimitName>();
  readonly logged: unknown[] = [];
  readonly admission: Admission;
  #later: (() => void)[] = [];

  constructor(limits: Partial<Limits> = {}) {
    const { clock, limited } = this;
    this.admission = new Admission(
      {
        clock,
        limited,
        kept: new ProcessAccounts(Infinity),
        limits: {
          connectionsPerAddress: Infinity,
          handshakes: 200,
          handshakesWaiting: 10_000,
          handshakePatience: 30_000,
          helloTimeout: 5000,
          ...limits,
        },
        log: (_level, _what, facts) => this.logged.push(facts),
      },
      (task) => this.#later.push(task),
    );
  }

  /** One turn of the event loop ends. */
  turn(): void {
    const tasks = this.#later;
    this.#later = [];
    for (const task of tasks) task();
  }

  /** As many turns as it takes. */
  settle(): void {
    while (this.#later.length > 0) this.turn();
  }

  knock(address?: string): Guest {
    return new Guest(this, address).ask();
  }

  crowd(count: number, address?: string): Guest[] {
    const guests = Array.from({ length: count }, () => this.knock(address));
    this.settle();
    return guests;
  }
}

function stateOf(guests: readonly Guest[]): Record<string, number> {
  const states: Record<string, number> = {};
  for (const { state } of guests) states[state] = (states[state] ?? 0) + 1;
  return states;
}

describe('connections of one address', () => {
  test('connections up to the limit are accepted, further ones once another has ended', () => {
    const door = new Door({ connectionsPerAddress: 3 });
    const guests = door.crowd(4, '192.0.2.1');
    expect(stateOf(guests)).toEqual({ joining: 3, refused: 1 });
    guests[1]?.join();
    expect(door.knock('192.0.2.1').state).toBe('refused');
    guests[1]?.leave();
    expect(stateOf(door.crowd(2, '192.0.2.1'))).toEqual({ joining: 1, refused: 1 });
    expect(door.limited.toObject()).toEqual({ connections_per_address: 3 });
  });

  test('A7 connections count from the moment they are accepted, even if they send nothing', () => {
    const door = new Door({ connectionsPerAddress: 3 });
    for (let count = 0; count < 3; count += 1) new Guest(door, '192.0.2.1');
    expect(door.knock('192.0.2.1').state).toBe('refused');
    expect(door.knock('192.0.2.2').state).toBe('joining');
  });

  test('A7 far too many of one address are cut off before they say anything', () => {
    const door = new Door({ connectionsPerAddress: 80 });
    const guests = Array.from({ length: 200 }, () => new Guest(door, '192.0.2.1'));
    expect(stateOf(guests)).toEqual({ silent: 98, dropped: 102 });
  });

  test('an IPv6 network of 64 bits is one address, and others are others', () => {
    const door = new Door({ connectionsPerAddress: 1 });
    expect(door.knock('2001:db8::1').state).toBe('joining');
    expect(door.knock('2001:db8::2').state).toBe('refused');
    for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8:0:1::1']) {
      expect(door.knock(address).state).toBe('joining');
    }
  });

  test('a proxied connection counts for the address that the proxy names, not for the proxy', () => {
    const door = new Door({ connectionsPerAddress: 1 });
    door.admission.trust({ has: (address) => address === '10.0.0.1' });
    const guests = ['192.0.2.1', '192.0.2.2', '192.0.2.1'].map((address) => {
      const guest = new Guest(door, '10.0.0.1');
      guest.place.at(address);
      return guest.ask();
    });
    expect(guests.map(({ state }) => state)).toEqual(['joining', 'joining', 'refused']);
  });

  test.each([undefined, '127.0.0.1', '::1'])(
    '%s does not identify a client, and is not counted',
    (address) => {
      const door = new Door({ connectionsPerAddress: 1, handshakes: 1000 });
      expect(stateOf(door.crowd(1000, address))).toEqual({ joining: 1000 });
    },
  );
});

describe('handshakes', () => {
  test('A7 handshakes up to the limit run at a time, the others wait, and none is refused', () => {
    const door = new Door({ handshakes: 4 });
    const guests = door.crowd(6);
    expect(stateOf(guests)).toEqual({ joining: 4, waiting: 2 });
    guests[0]?.join();
    door.settle();
    expect(guests[4]?.state).toBe('joining');
    guests[1]?.leave();
    door.settle();
    expect(guests[5]?.state).toBe('joining');
    expect(door.limited.toObject()).toEqual({ handshakes_delayed: 2 });
  });

  test('A7 5,000 at once from the loopback: all of them join, 200 at a time, 50 beginning in a turn', () => {
    const door = new Door();
    const guests = Array.from({ length: 5000 }, () => door.knock('127.0.0.1'));
    const begun = (): number => guests.filter(({ state }) => state !== 'waiting').length;
    expect(begun()).toBe(STARTS_A_TURN);
    for (let turn = 1; stateOf(guests)['joined'] !== 5000; turn += 1) {
      expect(turn).toBeLessThan(200);
      const before = begun();
      expect(door.admission.counts.joining).toBeLessThanOrEqual(200);
      for (const guest of guests) if (guest.state === 'joining') guest.join();
      door.turn();
      expect(begun() - before).toBeLessThanOrEqual(STARTS_A_TURN);
    }
    expect(door.limited.of('handshakes')).toBe(0);
    expect(door.admission.counts).toEqual({ joining: 0, waiting: 0, silent: 0 });
  });

  test('A7 beyond the bound on waiting handshakes one is refused: that of the address with the most', () => {
    const door = new Door({ handshakes: 2, handshakesWaiting: 3 });
    const many = door.crowd(5, '192.0.2.1');
    expect(stateOf(many)).toEqual({ joining: 1, waiting: 3, refused: 1 });
    const other = door.crowd(2, '192.0.2.2');
    expect(stateOf(other)).toEqual({ joining: 1, waiting: 1 });
    expect(stateOf(many)).toEqual({ joining: 1, waiting: 2, refused: 2 });
    expect(door.limited.of('handshakes')).toBe(2);
  });

  test('A7 a handshake that has waited too long is refused', () => {
    const door = new Door({ handshakes: 1, handshakePatience: 1000, helloTimeout: 10_000 });
    const [, first] = door.crowd(2);
    door.clock.advance(500);
    const second = door.knock();
    door.clock.advance(500);
    expect([first?.state, second.state]).toEqual(['refused', 'waiting']);
    door.clock.advance(500);
    expect(second.state).toBe('refused');
    expect(door.limited.of('handshakes')).toBe(2);
    expect(door.clock.pending).toBeLessThanOrEqual(1);
  });

  test('A7 a connection that closes while it waits leaves the queue', () => {
    const door = new Door({ handshakes: 1 });
    const [first, second, third] = door.crowd(3);
    second?.leave();
    first?.leave();
    door.settle();
    expect(third?.state).toBe('joining');
    expect(door.admission.counts).toEqual({ joining: 1, waiting: 0, silent: 0 });
  });

  test('one address has at most half of the slots', () => {
    const door = new Door({ handshakes: 10 });
    expect(stateOf(door.crowd(20, '192.0.2.1'))).toEqual({ joining: 5, waiting: 15 });
    expect(stateOf(door.crowd(20, '2001:db8::1'))).toEqual({ joining: 5, waiting: 15 });
  });

  test('refusals are counted, and logged with the address and the limit', () => {
    const door = new Door({ handshakes: 0, handshakesWaiting: 0 });
    door.knock('192.0.2.1');
    door.knock('192.0.2.2');
    expect(door.logged).toEqual([
      { code: 'limit_met', address: '192.0.2.1', limit: 'handshakes' },
      { code: 'limit_met', address: '192.0.2.2', limit: 'handshakes' },
    ]);
    expect(door.limited.of('handshakes')).toBe(2);
  });
});

describe('clients that hold what they can', () => {
  /** Two addresses, or more, that say nothing, and come again as soon as they are ended. */
  class Hostile {
    readonly #guests: Guest[] = [];

    readonly door: Door;
    readonly addresses: readonly string[];
    readonly each: number;

    constructor(door: Door, addresses: readonly string[], each: number) {
      this.door = door;
      this.addresses = addresses;
      this.each = each;
      this.refill();
    }

    refill(): void {
      for (const address of this.addresses) {
        const mine = this.#guests.filter(
          ({ place, state }) => place.address === address && ['waiting', 'joining'].includes(state),
        );
        for (let count = mine.length; count < this.each; count += 1) {
          this.#guests.push(this.door.knock(address));
        }
      }
      this.door.settle();
    }

    /** Time passes; what has a slot for `helloTimeout` loses it. */
    pass(ms: number): void {
      for (let step = 0; step < ms; step += 100) {
        this.door.clock.advance(100);
        const now = this.door.clock.elapsed();
        for (const guest of this.#guests) {
          if (guest.state === 'joining' && now - guest.place.since >= 5000) guest.leave();
        }
        this.refill();
      }
    }
  }

  /** How long a client waits for its slot (ms). */
  function waitOf(hostile: Hostile, guest: Guest): number {
    let waited = 0;
    while (guest.state === 'waiting' && waited < 60_000) {
      hostile.pass(100);
      waited += 100;
    }
    expect(guest.state).toBe('joining');
    return waited;
  }

  test('A7 two addresses with all the slots, refilled for ever, delay others by a second at most', () => {
    const door = new Door({ connectionsPerAddress: 1000 });
    const hostile = new Hostile(door, ['203.0.113.7', '2001:db8::7'], 500);
    for (let number = 1; number <= 20; number += 1) {
      expect(waitOf(hostile, door.knock(`198.51.100.${number}`))).toBeLessThanOrEqual(1000);
    }
  });

  test('A7 1,000 addresses, refilled for ever, delay others by a round of turns', () => {
    const door = new Door();
    const addresses = Array.from({ length: 1000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    const hostile = new Hostile(door, addresses, 2);
    // A slot is free again after half of `helloTimeout`: so long for each 200 addresses, and those that have one.
    expect(waitOf(hostile, door.knock('198.51.100.1'))).toBeLessThanOrEqual(15_000);
  });

  test('A7 1,500 connections from the loopback that hold their slots delay the next one by half of helloTimeout', () => {
    const door = new Door();
    door.crowd(1500, '127.0.0.1');
    door.clock.advance(1500);
    const guest = door.knock('127.0.0.1');
    door.clock.advance(900);
    expect(guest.state).toBe('waiting');
    door.clock.advance(200);
    door.settle();
    expect(guest.state).toBe('joining');
  });

  test('A7 however often they reconnect, a handshake waits only for those before it', () => {
    const door = new Door();
    const hostile = new Hostile(door, ['127.0.0.1'], 1500);
    hostile.pass(10_000);
    // 150 of those who wait are served in half of `helloTimeout`.
    expect(waitOf(hostile, door.knock('127.0.0.1'))).toBeLessThanOrEqual(Math.ceil(1300 / 150) * 2600);
  });

  test('A7 a slot is taken away only if others wait for it, and never while there is room', () => {
    const door = new Door({ handshakes: 4 });
    const [first, second] = door.crowd(4, '127.0.0.1');
    first?.place.awaits(false);
    door.clock.advance(4000);
    expect(second?.state).toBe('joining');
    const late = door.crowd(4, '198.51.100.1');
    expect(first?.state).toBe('joining');
    expect(stateOf(late)).toEqual({ joining: 2, waiting: 2 });
  });

  test('A7 clients of one slot each that are slow to answer are not ended for one another', () => {
    const door = new Door({ handshakes: 10 });
    const guests = Array.from({ length: 30 }, (_, index) => door.knock(`192.0.2.${index}`));
    door.settle();
    door.clock.advance(2000);
    expect(stateOf(guests)).toEqual({ joining: 10, waiting: 20 });
  });

  test('A7 of too many that say nothing, the one silent longest goes, and the next one can join', () => {
    const door = new Door({ handshakes: 100, handshakesWaiting: 900 });
    const silent = Array.from({ length: 1500 }, () => new Guest(door, '127.0.0.1'));
    expect(stateOf(silent)).toEqual({ dropped: 500, silent: 1000 });
    expect(silent[0]?.state).toBe('dropped');
    expect(door.knock('127.0.0.1').state).toBe('joining');
    expect(door.limited.of('connections_dropped')).toBe(501);
  });
});

test('A7 any sequence of connects and disconnects: slots are bounded, none is idle while a handshake waits, and no state remains', () => {
  const step = fc.record({
    what: fc.constantFrom('accept', 'ask', 'join', 'leave', 'pass'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '127.0.0.1'),
    index: fc.nat(30),
  });
  const bounds = { handshakes: fc.integer({ min: 2, max: 6 }), waiting: fc.nat(5) };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.record(bounds), (steps, { handshakes, waiting }) => {
      const door = new Door({ connectionsPerAddress: 8, handshakes, handshakesWaiting: waiting });
      const guests: Guest[] = [];
      const of = (state: string, address?: string): number =>
        guests.filter(
          (guest) => guest.state === state && (address === undefined || guest.place.address === address),
        ).length;
      for (const { what, address, index } of steps) {
        const guest = guests[index % Math.max(1, guests.length)];
        if (what === 'accept') guests.push(new Guest(door, address));
        else if (what === 'pass') door.clock.advance(700);
        else if (what === 'ask' && guest?.state === 'silent') guest.ask();
        else if (what === 'join' && guest?.state === 'joining') guest.join();
        else if (what === 'leave' && guest !== undefined) guest.leave();
        door.settle();
        const [joining, waits] = [of('joining'), of('waiting')];
        expect(door.admission.counts).toEqual({ joining, waiting: waits, silent: of('silent') });
        expect(joining).toBeLessThanOrEqual(handshakes);
        expect(waits).toBeLessThanOrEqual(Math.max(waiting, guests.length));
        for (const each of ['192.0.2.1', '192.0.2.2']) {
          expect(of('joining', each)).toBeLessThanOrEqual(Math.max(1, handshakes / 2));
          if (of('waiting', each) > 0 && joining < handshakes) {
            expect(of('joining', each) + 1).toBeGreaterThan(Math.max(1, handshakes / 2));
          }
        }
        if (joining < handshakes) expect(of('waiting', '127.0.0.1')).toBe(0);
      }
      for (const guest of guests) guest.leave();
      door.settle();
      expect(door.admission.counts).toEqual({ joining: 0, waiting: 0, silent: 0 });
    }),
    { numRuns: process.env['WAMP_DEEP'] === undefined ? 300 : 30_000 },
  );
});

describe('over sockets', () => {
  test('A7 a WebSocket upgrade too many is answered when there is a slot', async () => {
    await using site = await Site.open({ limits: { handshakes: 1 } });
    const first = await WsClient.connect(site.url());
    const second = WsClient.connect(site.url());
    while (coreOf(site.router).admission.counts.waiting === 0) await settle();
    expect((await first.ask(HELLO))[0]).toBe(2);
    expect((await (await second).ask(HELLO))[0]).toBe(2);
    expect(site.router.limited.toObject()).toEqual({ handshakes_delayed: 1 });
  });

  test('A7 messages that a WebSocket client sends with its upgrade are processed once it has a slot', async () => {
    await using site = await Site.open({ limits: { handshakes: 1 } });
    const first = await WsClient.connect(site.url());
    const second = WsClient.connect(site.url());
    while (coreOf(site.router).admission.counts.waiting === 0) await settle();
    first.socket.terminate();
    expect((await (await second).ask(HELLO))[0]).toBe(2);
  });

  test('A7 a WebSocket upgrade beyond the bound is 503', async () => {
    await using site = await Site.open({ limits: { handshakes: 1, handshakesWaiting: 0 } });
    await WsClient.connect(site.url());
    const { head } = await request(site.port, { 'Sec-WebSocket-Protocol': 'wamp.2.json' });
    expect(head).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n[^]*Retry-After: 5\r\n/);
    expect(site.router.limited.toObject()).toEqual({ handshakes: 1 });
  });

  test('A7 RAW-5 a RawSocket handshake too many is answered when there is a slot, with all that it has said', async () => {
    await using site = await RawSite.open({ limits: { handshakes: 1 } });
    const first = RawPeer.dial(site.port);
    first.write(greetingOf(json));
    expect(await first.reply).toEqual([0x7f, 0xb1, 0, 0]);
    const second = RawPeer.dial(site.port);
    second.write(greetingOf(json));
    second.send(HELLO);
    const third = RawPeer.dial(site.port);
    third.write(greetingOf(json));
    while (coreOf(site.router).admission.counts.waiting < 2) await settle();
    third.socket.end();
    await third.closed();
    first.socket.end();
    await first.closed();
    expect(await second.reply).toEqual([0x7f, 0xb1, 0, 0]);
    expect((await second.message())[0]).toBe(2);
    expect(site.router.limited.toObject()).toEqual({ handshakes_delayed: 2 });
  });

  test('A7 RAW-5 a RawSocket handshake beyond the bound is error 4', async () => {
    await using site = await RawSite.open({ limits: { handshakes: 1, handshakesWaiting: 0 } });
    const first = RawPeer.dial(site.port);
    first.write(greetingOf(json));
    expect(await first.reply).toEqual([0x7f, 0xb1, 0, 0]);
    const second = RawPeer.dial(site.port);
    second.write(greetingOf(json));
    expect(await second.reply).toEqual([0x7f, 0x40, 0, 0]);
    await second.closed();
    expect(site.router.limited.toObject()).toEqual({ handshakes: 1 });
  });

  test('A7 a silent connection counts until it closes', async () => {
    await using site = await RawSite.open();
    const socket: Socket = connect(site.port, '127.0.0.1');
    while (coreOf(site.router).admission.counts.silent === 0) await settle();
    socket.destroy();
    while (coreOf(site.router).admission.counts.silent > 0) await settle();
  });

  test('a client that is refused, or breaks the protocol, is no handshake any more', async () => {
    const router = createRouter({ realms: ['realm1'] });
    for (const first of [
      [1, 'nowhere', { roles: { caller: {} } }],
      [48, 1, {}, 'x'],
      [3, {}, 'bye'],
    ]) {
      const client = new Client(router);
      expect(coreOf(router).admission.counts.joining).toBe(1);
      await client.say(first);
      await settle();
      expect(client.closed).toBe(true);
      expect(coreOf(router).admission.counts.joining).toBe(0);
    }
  });
});

describe('long-poll', () => {
  class PollSite implements AsyncDisposable {
    readonly server: Server = createServer();
    readonly router;
    readonly clock = new ManualClock();

    constructor(limits: Partial<Limits>) {
      this.router = createRouter({ realms: ['realm1'], limits, clock: this.clock });
      acceptLongPolls(this.router, { server: this.server });
    }

    async listen(): Promise<this> {
      this.server.listen(0, '127.0.0.1');
      await once(this.server, 'listening');
      return this;
    }

    get port(): number {
      return (this.server.address() as AddressInfo).port;
    }

    post(path: string, body: unknown): ReturnType<typeof post> {
      return post(`http://127.0.0.1:${this.port}/lp/${path}`, JSON.stringify(body));
    }

    open(): ReturnType<typeof post> {
      return this.post('open', { protocols: ['wamp.2.json'] });
    }

    async [Symbol.asyncDispose](): Promise<void> {
      this.server.closeAllConnections();
      this.server.close();
      await once(this.server, 'close');
    }
  }

  test('A7 a channel too many is opened when there is a slot', async () => {
    await using site = await new PollSite({ handshakes: 1 }).listen();
    const first = await site.open();
    const second = site.open();
    while (coreOf(site.router).admission.counts.waiting === 0) await settle();
    const { transport } = JSON.parse(first.body.toString()) as { transport: string };
    await site.post(`${transport}/send`, HELLO);
    expect((await second).status).toBe(200);
    expect(site.router.limited.toObject()).toEqual({ handshakes_delayed: 1 });
  });

  test('A7 a channel beyond the bound is 503', async () => {
    await using site = await new PollSite({ handshakes: 1, handshakesWaiting: 0 }).listen();
    await site.open();
    const second = await site.open();
    expect([second.status, second.headers['retry-after']]).toEqual([503, '5']);
  });

  test('A7 half a request counts from its connection on, and for as long as HELLO may take', async () => {
    await using site = await new PollSite({ helloTimeout: 5000 }).listen();
    const half = Array.from({ length: 20 }, () => {
      const socket = connect(site.port, '127.0.0.1');
      socket.write('POST /lp/open HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{');
      return socket;
    });
    while (coreOf(site.router).admission.counts.silent < 20 || site.clock.pending < 20) await settle();
    site.clock.advance(5000);
    await Promise.all(half.map((socket) => once(socket.resume(), 'close')));
    while (coreOf(site.router).admission.counts.silent > 0) await settle();
  });
});
