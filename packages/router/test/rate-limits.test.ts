/** Rates: messages and bytes a second, of a connection and of an address (decisions: token bucket, off by default). */
import { once } from 'node:events';
import { json, type Transport, type TransportListener } from '@wamp/protocol';
import { createRouter, type Limits, type Router } from '@wamp/router';
import { ManualClock } from '@wamp/router/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../src/connection/rate-limit.ts';
import { Inflow } from '../src/connection/inflow.ts';
import { HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { settle } from './support/client.ts';
import { Site, WsClient } from './support/web-socket.ts';

/** A client that sends as fast as it may, and the transport that it is read from. */
class Talker implements Transport {
  readonly serializer = json;
  readonly backlog = 0;
  listener: TransportListener | undefined;
  readonly heard: (readonly unknown[])[] = [];
  isPaused = false;
  isClosed = false;

  constructor(router: Router, address?: string) {
    router.open(this, {}, address === undefined ? {} : { address });
    this.say(HELLO);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    this.heard.push(JSON.parse(new TextDecoder().decode(frame)) as readonly unknown[]);
  }

  close(): void {
    this.isClosed = true;
    this.listener?.closed('closed');
  }

  say(message: readonly unknown[]): void {
    this.listener?.frame(new TextEncoder().encode(JSON.stringify(message)));
  }

  /** Calls until nobody reads any more. @returns how often */
  talk(most = 10_000): number {
    let said = 0;
    while (said < most && !this.isPaused && !this.isClosed) {
      said += 1;
      this.say([48, said, {}, 'com.none']);
    }
    return said;
  }
}

function stage(limits: Partial<Limits>): { readonly router: Router; readonly clock: ManualClock } {
  const clock = new ManualClock();
  return {
    clock,
    router: createRouter({ realms: ['realm1'], clock, limits: { handshakes: 1000, ...limits } }),
  };
}

/** What a bucket holds, from all that was ever taken: at no time may it have held more than its size. */
function heldBy(
  rate: number,
  taken: readonly { readonly at: number; readonly amount: number }[],
  now: number,
): number {
  const since = (from: number) =>
    taken.filter((_take, index) => index >= from).reduce((sum, { amount }) => sum + amount, 0);
  const levels = taken.map(({ at }, index) => rate + (rate * (now - at)) / 1000 - since(index));
  return Math.min(rate, ...levels);
}

test('a bucket holds what a recount of all that was taken says', () => {
  const takes = fc.array(fc.record({ after: fc.nat(3000), amount: fc.nat(5000) }), { maxLength: 30 });
  fc.assert(
    fc.property(takes, fc.integer({ min: 1, max: 10_000 }), (all, rate) => {
      const bucket = new TokenBucket(rate, 0);
      const taken: { at: number; amount: number }[] = [];
      let now = 0;
      for (const { after, amount } of all) {
        now += after;
        expect(bucket.isFull(now)).toBe(heldBy(rate, taken, now) >= rate - 1e-6);
        bucket.take(amount, now);
        taken.push({ at: now, amount });
        const expected = Math.max(0, (-heldBy(rate, taken, now) / rate) * 1000);
        expect(Math.abs(bucket.wait(now) - expected)).toBeLessThan(1e-3);
      }
    }),
  );
});

test.each([-3_600_000, 3_600_000])(
  'A10 a date that changes by %d ms neither delays what is read nor makes it more',
  (change) => {
    const { router, clock } = stage({ messagesPerSecond: 10 });
    const talker = new Talker(router);
    talker.talk();
    clock.set(clock.now() + change);
    expect(talker.isPaused).toBe(true);
    clock.advance(1000);
    expect(talker.isPaused).toBe(false);
    expect(talker.talk()).toBe(10);
  },
);

describe('off', () => {
  test('without rates, a transport is connected directly', () => {
    const { router } = stage({});
    expect(new Talker(router, '192.0.2.1').listener).toBeInstanceOf(Inflow);
  });
});

describe('messages a second', () => {
  test('so many at once, then reading waits, and nothing is lost', () => {
    const { router, clock } = stage({ messagesPerSecond: 10 });
    const talker = new Talker(router);
    // HELLO was one; the one that is too much is heard still.
    expect(talker.talk()).toBe(10);
    expect(talker.isPaused).toBe(true);
    clock.advance(99);
    expect(talker.isPaused).toBe(true);
    clock.advance(1);
    expect(talker.isPaused).toBe(false);
    expect(talker.talk()).toBe(1);
    clock.advance(2000);
    expect(talker.talk()).toBe(11);
    expect(talker.heard.length).toBe(1 + 10 + 1 + 11);
    expect(router.limited.toObject()).toEqual({ rate_delayed: 3 });
  });

  test('a client that exceeds them for longer than patience is aborted', () => {
    const { router, clock } = stage({ messagesPerSecond: 10, ratePatience: 1000 });
    const talker = new Talker(router);
    for (let ms = 0; ms < 990; ms += 1) {
      talker.talk();
      clock.advance(1);
    }
    expect(talker.isClosed).toBe(false);
    for (let ms = 0; ms < 200; ms += 1) {
      talker.talk();
      clock.advance(1);
    }
    expect(talker.isClosed).toBe(true);
    expect(talker.heard.at(-1)?.[2]).toBe('wamp.error.limit_exceeded');
    expect(router.limited.of('rate_exceeded')).toBe(1);
    expect(router.realm('realm1')?.sessions.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test('a rest as long as it takes to fill the bucket starts patience anew', () => {
    const { router, clock } = stage({ messagesPerSecond: 10, ratePatience: 1000 });
    const talker = new Talker(router);
    for (let round = 0; round < 20; round += 1) {
      for (let ms = 0; ms < 500; ms += 1) {
        talker.talk();
        clock.advance(1);
      }
      clock.advance(1100);
    }
    expect(talker.isClosed).toBe(false);
  });

  test('messages that arrive all the same are processed, and end the session once the excess is beyond patience', () => {
    const { router } = stage({ messagesPerSecond: 10, ratePatience: 1000 });
    const talker = new Talker(router);
    for (let request = 1; request <= 19; request += 1) talker.say([48, request, {}, 'com.none']);
    expect(talker.isClosed).toBe(false);
    talker.say([48, 20, {}, 'com.none']);
    expect(talker.isClosed).toBe(true);
  });
});

describe('bytes a second', () => {
  test('a message may be larger than what is left, and is paid for afterwards', () => {
    const { router, clock } = stage({ bytesPerSecond: 1000 });
    const talker = new Talker(router);
    clock.advance(10_000);
    const call = JSON.stringify([48, 1, {}, 'com.none', ['']]).length;
    talker.say([48, 1, {}, 'com.none', ['x'.repeat(3000 - call)]]);
    expect(talker.isPaused).toBe(true);
    clock.advance(1999);
    expect(talker.isPaused).toBe(true);
    clock.advance(1);
    expect(talker.isPaused).toBe(false);
  });
});

describe('of an address', () => {
  test('its connections share what there is, and others have their own', () => {
    const { router, clock } = stage({ messagesPerSecondPerAddress: 10 });
    const [one, two] = [new Talker(router, '2001:db8::1'), new Talker(router, '2001:db8::2')];
    expect(one.talk()).toBe(9);
    expect(two.talk()).toBe(1);
    expect([one.isPaused, two.isPaused]).toEqual([true, true]);
    expect(new Talker(router, '2001:db8:0:1::1').talk()).toBe(10);
    clock.advance(1000);
    expect(one.talk() + two.talk()).toBeLessThanOrEqual(10);
  });

  test('an address of this machine does not identify a client, and is not limited', () => {
    const { router } = stage({ messagesPerSecondPerAddress: 10 });
    expect(new Talker(router, '127.0.0.1').listener).toBeInstanceOf(Inflow);
  });

  test('it is remembered as long as it has a connection', () => {
    const { router } = stage({ messagesPerSecondPerAddress: 10 });
    const [one, two] = [new Talker(router, '192.0.2.1'), new Talker(router, '192.0.2.1')];
    one.talk();
    one.close();
    expect(two.talk()).toBe(1);
    two.close();
    expect(new Talker(router, '192.0.2.1').talk()).toBe(10);
  });
});

test('any senders: no period has more messages than the rate, a bucket, and those in flight', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.tuple(fc.nat(500), fc.nat(20)), { maxLength: 60 }),
      (rate, turns) => {
        const { router, clock } = stage({ messagesPerSecond: rate, ratePatience: Infinity });
        const talker = new Talker(router);
        const heard: number[] = [0];
        for (const [pause, most] of turns) {
          clock.advance(pause);
          const said = talker.talk(most);
          for (let index = 0; index < said; index += 1) heard.push(clock.now());
        }
        heard.forEach((from, first) => {
          const last = heard.length - 1;
          const span = (heard[last] ?? 0) - from;
          expect(last - first + 1).toBeLessThanOrEqual(rate + (rate * span) / 1000 + 1);
        });
      },
    ),
  );
});

describe('over sockets', () => {
  const limits = { messagesPerSecond: 5, pingInterval: 10_000, ratePatience: 60_000 };
  const calls = Array.from({ length: 60 }, (_item, index) => [48, index + 1, {}, 'wamp.session.count']);

  test('a WebSocket is paused, then resumed, and does not count as dead meanwhile', async () => {
    const clock = new ManualClock();
    await using site = await Site.open({ clock, limits });
    const client = await WsClient.join(site.url());
    for (const call of calls.slice(0, 30)) client.send(call);
    for (let answered = 0; answered < 30; answered += 1) {
      const answer = client.next();
      const arrival = { isThere: false };
      void answer.then(() => (arrival.isThere = true));
      while (!arrival.isThere) {
        clock.advance(1000);
        await settle();
      }
      expect((await answer)[1]).toBe(answered + 1);
    }
    expect(site.router.limited.of('rate_delayed')).toBeGreaterThan(0);
    expect(site.router.limited.of('ping_timeout')).toBe(0);
  });

  test('a RawSocket that writes more than patience allows is aborted', async () => {
    const clock = new ManualClock();
    await using site = await RawSite.open({ clock, limits: { ...limits, ratePatience: 1000 } });
    const peer = await RawPeer.join(site.port);
    const closed = once(peer.socket, 'close');
    peer.send(...calls);
    await closed;
    expect(site.router.limited.of('rate_exceeded')).toBe(1);
  });
});
