/** Peers that vanish without a word (decisions: ping interval and timeout; reliability: F3). */
import { EventEmitter, once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { json } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { acceptWebSockets, createRouter, type Limits, type LimitName } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { describe, expect, test } from 'vitest';
import { Tally } from '../src/core/tally.ts';
import { Heartbeat, type PingedPeer } from '../src/transports/heartbeat.ts';
import { cert, key } from './support/certificate.ts';
import { Client, settle } from './support/client.ts';
import { greetingOf, HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { Opcode, RawClient, Site, WsClient } from './support/web-socket.ts';

/** A socket as far as its counters go, and the peer behind it. */
class Subject extends EventEmitter implements PingedPeer {
  bytesRead = 0;
  bytesWritten = 0;
  writableLength = 0;
  writtenDirectly = 0;
  isPaused = false;
  asked = 0;
  dropped = 0;
  /** Whether it answers when it is asked. */
  alive = true;

  ask(): void {
    this.asked += 1;
    if (this.alive) this.bytesRead += 6;
  }

  lost(): void {
    this.dropped += 1;
    this.emit('close');
  }
}

class Ward {
  readonly clock = new ManualClock();
  readonly limited = new Tally<LimitName>();
  readonly heartbeat: Heartbeat;

  constructor({ pingInterval = 10_000, pingTimeout = 5000 }: Partial<Limits> = {}) {
    const { clock, limited } = this;
    this.heartbeat = new Heartbeat({ clock, limited, limits: { pingInterval, pingTimeout } });
  }

  admit(alive = true): Subject {
    const subject = new Subject();
    subject.alive = alive;
    this.heartbeat.watch(subject, subject);
    return subject;
  }
}

describe('the schedule', () => {
  test('a client that answers is pinged once per interval', () => {
    const ward = new Ward();
    const subject = ward.admit();
    ward.clock.advance(9999);
    expect(subject.asked).toBe(0);
    ward.clock.advance(1);
    expect(subject.asked).toBe(1);
    ward.clock.advance(990_000);
    expect([subject.asked, subject.dropped]).toEqual([100, 0]);
    expect(ward.limited.toObject()).toEqual({});
  });

  test('F3 a silent client is dropped after interval and timeout, and counted', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    ward.clock.advance(14_999);
    expect([subject.asked, subject.dropped]).toEqual([1, 0]);
    ward.clock.advance(1);
    expect(subject.dropped).toBe(1);
    expect(ward.limited.toObject()).toEqual({ ping_timeout: 1 });
    ward.clock.advance(100_000);
    expect([subject.asked, subject.dropped]).toEqual([1, 1]);
  });

  test('F3 a client that falls silent after any number of answers is dropped within interval and timeout', () => {
    const ward = new Ward();
    const subject = ward.admit();
    ward.clock.advance(30_000);
    expect(subject.asked).toBe(3);
    subject.alive = false;
    ward.clock.advance(15_000);
    expect(subject.dropped).toBe(1);
  });

  test('anything received is a sign of life, not only an answer', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    ward.clock.advance(12_000);
    subject.bytesRead += 1;
    ward.clock.advance(12_999);
    expect([subject.asked, subject.dropped]).toEqual([2, 0]);
    ward.clock.advance(1);
    expect(subject.dropped).toBe(1);
  });

  test('what was received before the ping does not count', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    ward.clock.advance(9000);
    subject.bytesRead += 100;
    ward.clock.advance(6000);
    expect(subject.dropped).toBe(1);
  });

  test('a ping queued behind messages does not time out while some of them are sent, and does when none is', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    subject.bytesWritten = subject.writableLength = 1_000_000;
    ward.clock.advance(14_000);
    subject.writableLength = 600_000;
    ward.clock.advance(10_000);
    expect([subject.asked, subject.dropped]).toEqual([2, 0]);
    ward.clock.advance(1000);
    expect(subject.dropped).toBe(1);
  });

  test('what went without the stream went, too', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    ward.clock.advance(10_000);
    subject.writtenDirectly = 1_000_000;
    subject.bytesWritten = subject.writableLength = 100_000;
    ward.clock.advance(5000);
    expect([subject.asked, subject.dropped]).toEqual([1, 0]);
    ward.clock.advance(10_000);
    expect([subject.asked, subject.dropped]).toEqual([2, 1]);
  });

  test('while nothing is read from a peer, its silence means nothing', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    subject.isPaused = true;
    ward.clock.advance(100_000);
    expect(subject.dropped).toBe(0);
    subject.isPaused = false;
    ward.clock.advance(15_000);
    expect(subject.dropped).toBe(1);
  });

  test('an empty queue does not count as an answer', () => {
    const ward = new Ward();
    const subject = ward.admit(false);
    subject.bytesWritten = subject.writableLength = 1_000_000;
    ward.clock.advance(14_000);
    subject.writableLength = 0;
    ward.clock.advance(1000);
    expect(subject.dropped).toBe(1);
  });

  test.each([0, Infinity])('an interval of %d pings no client, and needs no timer', (pingInterval) => {
    const ward = new Ward({ pingInterval });
    const subject = ward.admit(false);
    expect(ward.clock.pending).toBe(0);
    ward.clock.advance(1_000_000);
    expect([subject.asked, subject.dropped]).toEqual([0, 0]);
  });

  test.each([0, Infinity])('with a timeout of %d, clients are pinged and never dropped', (pingTimeout) => {
    const ward = new Ward({ pingTimeout });
    const subject = ward.admit(false);
    ward.clock.advance(100_000);
    expect([subject.asked, subject.dropped]).toEqual([10, 0]);
  });

  test('10,000 peers share one timer, and the last one takes it along', () => {
    const ward = new Ward();
    const subjects = Array.from({ length: 10_000 }, () => ward.admit());
    expect(ward.clock.pending).toBe(1);
    ward.clock.advance(20_000);
    expect(subjects.every(({ asked }) => asked === 2)).toBe(true);
    expect(ward.clock.pending).toBe(1);
    for (const subject of subjects) subject.emit('close');
    expect(ward.clock.pending).toBe(0);
  });

  test('a client whose ping closes another one does so before that one is dropped', () => {
    const ward = new Ward();
    const [first, second] = [ward.admit(false), ward.admit(false)];
    first.once('close', () => second.emit('close'));
    ward.clock.advance(15_000);
    expect([first.dropped, second.dropped]).toEqual([1, 0]);
    expect(ward.clock.pending).toBe(0);
  });
});

/** What happens to peers, ms after ms; times are in ms. */
const LIFE = fc.record({
  joins: fc.nat(20_000),
  falls: fc.option(fc.nat(60_000), { nil: Infinity }),
  leaves: fc.option(fc.nat(80_000), { nil: Infinity }),
});

test('any peers: the living are never dropped; the dead are, in time, unless they left before', () => {
  fc.assert(
    fc.property(
      fc.array(LIFE, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 100, max: 20_000 }),
      fc.integer({ min: 100, max: 20_000 }),
      (lives, pingInterval, pingTimeout) => {
        const ward = new Ward({ pingInterval, pingTimeout });
        const { clock } = ward;
        const end = 200_000;
        const dropped = lives.map(({ joins, falls, leaves }) => {
          const died = { at: Infinity };
          clock.after(joins, () => {
            const subject = ward.admit();
            subject.once('close', () => {
              if (subject.dropped > 0) died.at = clock.now();
            });
            clock.after(Math.max(0, falls - joins), () => {
              subject.alive = false;
            });
            clock.after(Math.max(0, leaves - joins), () => subject.emit('close'));
          });
          return died;
        });
        clock.advance(end);
        lives.forEach(({ joins, falls, leaves }, index) => {
          const silent = Math.max(joins, falls);
          const at = dropped[index]?.at ?? Infinity;
          const patience = Math.max(pingInterval, 1.4 * pingTimeout) + 1.2 * pingTimeout + 2;
          if (at !== Infinity) expect(at - silent).toBeGreaterThanOrEqual(pingTimeout);
          const last = Math.max(joins, leaves);
          if (last > silent + patience) expect(at - silent).toBeLessThanOrEqual(patience);
          else if (last < silent + pingTimeout) expect(at).toBe(Infinity);
        });
      },
    ),
    { numRuns: 300 },
  );
});

/** Somebody who hears of sessions that leave, and of registrations that go. */
async function witness(site: { readonly router: ReturnType<typeof createRouter> }): Promise<Client> {
  const watcher = await Client.join(site.router);
  await watcher.say([32, 1, {}, 'wamp.session.on_leave'], [32, 2, {}, 'wamp.registration.on_delete']);
  watcher.heard.length = 0;
  return watcher;
}

/** How connections of a router end from now on. */
function endsOf({ router }: { readonly router: ReturnType<typeof createRouter> }): unknown[] {
  const ends: unknown[] = [];
  router.events.on((event) => {
    if (event.code === 'connection_closed') ends.push([event.transport, event.by, event.reason]);
  });
  return ends;
}

/** The events a watcher has heard since, by their first argument. */
function eventsOf(watcher: Client): readonly unknown[] {
  return watcher.heard.filter(([type]) => type === 36).map((event) => (event[4] as unknown[])[0]);
}

describe('over sockets', () => {
  test('F3 a WebSocket client that has vanished: its session leaves, and its registration is free', async () => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock });
    const watcher = await witness(site);
    const silent = await RawClient.join(site.port);
    silent.text('[64, 1, {}, "com.procedure"]');
    await silent.message();
    const ends = endsOf(site);
    const sessions = site.router.realm('realm1')?.sessions;
    const [, id] = [...(sessions?.keys() ?? [])];
    clock.advance(10_000);
    expect(await silent.next()).toEqual({ opcode: Opcode.PING, payload: Buffer.alloc(0) });
    expect(sessions?.size).toBe(2);
    clock.advance(5000);
    await settle();
    expect(sessions?.size).toBe(1);
    expect(eventsOf(watcher)).toEqual([id, id]);
    expect(site.router.limited.toObject()).toEqual({ ping_timeout: 1 });
    expect(ends).toEqual([['websocket', 'router', 'ping_timeout']]);
    expect(await silent.closeCode()).toBe(1008);
    await watcher.say([64, 9, {}, 'com.procedure']);
    expect(watcher.heard.at(-1)?.[0]).toBe(65);
  });

  test('a WebSocket client that answers stays, whether it says something or not', async () => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock });
    const client = await WsClient.join(site.url());
    for (let round = 0; round < 5; round += 1) {
      const pinged = once(client.socket, 'ping');
      clock.advance(10_000);
      await pinged;
      // Its answer stands before the one that is asked for now.
      const [type] = await client.ask([48, round + 1, {}, 'wamp.session.count']);
      expect(type).toBe(50);
    }
    expect(site.router.limited.toObject()).toEqual({});
  });

  test('a client whose messages are compressed is no exception', async () => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock }, { compression: true });
    const socket = new WebSocket(site.url(), ['wamp.2.json'], { autoPong: false });
    await once(socket, 'open');
    expect(socket.extensions).toContain('permessage-deflate');
    const welcomed = once(socket, 'message');
    socket.send(JSON.stringify([1, 'realm1', { roles: { caller: {} } }]));
    await welcomed;
    const pinged = once(socket, 'ping');
    clock.advance(10_000);
    await pinged;
    expect(site.router.realm('realm1')?.sessions.size).toBe(1);
    const closed = once(socket, 'close');
    const ends = endsOf(site);
    clock.advance(5000);
    expect(ends).toEqual([['websocket', 'router', 'ping_timeout']]);
    expect(site.router.realm('realm1')?.sessions.size).toBe(0);
    expect((await closed)[0]).toBe(1008);
  });

  test('over TLS, octets count as over TCP', async () => {
    const clock = new ManualClock();
    const router = createRouter({ realms: ['realm1'], clock });
    const server = createHttpsServer({ key, cert });
    const acceptor = acceptWebSockets(router, { server });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`wss://127.0.0.1:${port}/ws`, ['wamp.2.json'], { ca: cert });
    await once(socket, 'open');
    const heard = () => once(socket, 'message');
    let answer = heard();
    socket.send(JSON.stringify([1, 'realm1', { roles: { caller: {} } }]));
    await answer;
    for (let round = 1; round <= 3; round += 1) {
      const pinged = once(socket, 'ping');
      clock.advance(10_000);
      await pinged;
      answer = heard();
      socket.send(JSON.stringify([48, round, {}, 'wamp.session.count']));
      await answer;
    }
    expect(router.realm('realm1')?.sessions.size).toBe(1);
    socket.terminate();
    server.close();
    await acceptor.close();
  });

  test('A8 F3 a RawSocket client is asked by an empty PING, and dropped when it does not answer', async () => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock });
    const [silent, alive] = [await RawPeer.join(site.port), await RawPeer.join(site.port)];
    clock.advance(10_000);
    for (const peer of [silent, alive]) expect(await peer.next()).toEqual({ is: 'ping', bytes: Buffer.of() });
    alive.write(2, 0, 0, 0);
    const ends = endsOf(site);
    expect((await alive.ask([48, 1, {}, 'wamp.session.count']))[3]).toEqual([2]);
    clock.advance(5000);
    await silent.closed();
    expect((await alive.ask([48, 2, {}, 'wamp.session.count']))[3]).toEqual([1]);
    expect(site.router.limited.of('ping_timeout')).toBe(1);
    expect(ends).toEqual([['rawsocket', 'router', 'ping_timeout']]);
  });

  test('A8 a call to a RawSocket callee that has stopped is canceled after interval and timeout', async () => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock });
    const callee = await RawPeer.join(site.port);
    expect((await callee.ask([64, 1, {}, 'com.echo']))[0]).toBe(65);
    callee.socket.pause();
    const caller = await RawPeer.join(site.port);
    caller.answersPings = true;
    caller.send([48, 1, {}, 'com.echo']);
    expect((await caller.ask([48, 2, {}, 'wamp.session.count']))[0]).toBe(50);
    clock.advance(10_000);
    expect((await caller.ask([48, 3, {}, 'wamp.session.count']))[3]).toEqual([2]);
    clock.advance(5000);
    expect(await caller.message()).toEqual([8, 48, 1, {}, 'wamp.error.canceled', expect.anything()]);
  });

  const PYTHON = { caller: { features: { payload_encryption_cryptobox: true } } };

  test.each([
    ['auto', 'autobahn-python', PYTHON, 0],
    ['auto', 'any other', { caller: {} }, 1],
    [true, 'autobahn-python', PYTHON, 1],
    [false, 'any other', { caller: {} }, 0],
  ] as const)(
    'A8 T-35 with pings %s, a client that looks like %s is sent as many as are due',
    async (pings, _name, roles, count) => {
      for (const serializer of [json, msgpack, cbor]) {
        const clock = new ManualClock();
        await using site = await RawSite.open({ clock }, { pings });
        const peer = RawPeer.dial(site.port, serializer);
        peer.write(greetingOf(serializer));
        expect((await peer.ask([1, 'realm1', { roles }]))[0]).toBe(2);
        clock.advance(10_000);
        for (let ping = 0; ping < count; ping += 1) expect((await peer.next()).is).toBe('ping');
        expect((await peer.ask([48, 1, {}, 'wamp.session.count']))[0]).toBe(50);
      }
    },
  );

  test('A8 before HELLO, no PING is sent', async () => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock, limits: { helloTimeout: 60_000 } }, { pings: true });
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json));
    await peer.reply;
    clock.advance(30_000);
    expect((await peer.ask(HELLO))[0]).toBe(2);
  });
});
