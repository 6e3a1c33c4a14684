/** Whether the router is still there: Pings, wake-ups, and machines that have slept. */
import { json } from '@wamp/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { batchedWebSocket } from '../src/batched.ts';
import { KeepAlive } from '../src/keep-alive.ts';
import { ManualClock } from '../src/testing/manual-clock.ts';
import { onWakeUp } from '../src/wake-ups.ts';
import { FakeWebSocket } from './fake-web-socket.ts';
import { ScriptedLine } from './scripted-line.ts';
import { settle } from './scripted-peer.ts';

/** A WebSocket that can send Pings, as that of package `ws`. */
class PingingWebSocket extends FakeWebSocket {
  static pinging: PingingWebSocket | undefined;
  pings = 0;
  alive: () => void = () => undefined;

  constructor(url: URL, protocols: string[]) {
    super(url, protocols);
    PingingWebSocket.pinging = this;
  }

  onSign(alive: () => void): void {
    this.alive = alive;
  }

  sendPing(): void {
    this.pings += 1;
  }
}

describe('D2 keep-alive', () => {
  /** A connection whose signs of life the test gives. */
  function audible(): { connection: { heard: boolean }; did: unknown[]; clock: SleepyClock } {
    const clock = new SleepyClock();
    const did: unknown[] = [];
    const connection = {
      heard: false,
      probe: () => did.push('probe'),
      lose: (_message: string, failure: string) => did.push(failure),
    };
    new KeepAlive(connection, { idle: 25_000, timeout: 10_000 }, clock);
    return { connection, did, clock };
  }

  /** The clock of a machine that sleeps: timers do not go on meanwhile, and time does. */
  class SleepyClock extends ManualClock {
    #slept = 0;

    sleep(ms: number): void {
      this.#slept += ms;
    }

    override now(): number {
      return super.now() + this.#slept;
    }
  }

  test('D2 a silent path is asked after 25 s, and lost after 10 s without an answer', () => {
    const { did, clock } = audible();
    clock.advance(24_999);
    expect(did).toEqual([]);
    clock.advance(1);
    expect(did).toEqual(['probe']);
    clock.advance(10_000);
    expect(did).toEqual(['probe', 'silent']);
  });

  test('D2 a timer that comes after a sleep asks at once, and waits 5 s for the answer', () => {
    const { connection, did, clock } = audible();
    clock.sleep(3_600_000);
    clock.advance(5_000);
    expect(did).toEqual(['probe']);
    connection.heard = true;
    clock.advance(5_000);
    clock.sleep(3_600_000);
    clock.advance(5_000);
    clock.advance(5_000);
    expect(did).toEqual(['probe', 'probe', 'silent']);
  });

  test('D2 a clock that is set back or a little forward is no sleep', () => {
    const { connection, did, clock } = audible();
    for (const ms of [-3_600_000, 20_000]) {
      clock.sleep(ms);
      connection.heard = true;
      clock.advance(5_000);
    }
    expect(did).toEqual([]);
  });

  test('D2 the router is pinged below the messages where the transport can, in batches, too', async () => {
    PingingWebSocket.pinging = undefined;
    const opening = batchedWebSocket({ WebSocket: PingingWebSocket }).open(new URL('ws://host/ws'), {
      serializers: [json],
      signal: new AbortController().signal,
      clock: new ManualClock(),
    });
    await settle();
    const socket = PingingWebSocket.pinging as PingingWebSocket | undefined;
    if (socket === undefined) throw new Error('no WebSocket was made');
    socket.protocol = 'wamp.2.json.batched';
    socket.emit('open');
    const transport = await opening;
    let signs = 0;
    transport.listener = {
      frame: () => undefined,
      violation: () => undefined,
      closed: () => undefined,
      alive: () => (signs += 1),
    };
    expect(transport.probe?.()).toBe(true);
    socket.alive();
    expect([socket.pings, signs, socket.sent]).toEqual([1, 1, []]);
  });
});

describe('D1 wake-ups', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** A page, and what its browser tells. */
  class Page extends EventTarget {
    readonly document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });

    look(state: string): void {
      this.document.visibilityState = state;
      this.document.dispatchEvent(new Event('visibilitychange'));
    }

    /** Makes it the global object of this test. */
    stub(): this {
      vi.stubGlobal('addEventListener', this.addEventListener.bind(this));
      vi.stubGlobal('removeEventListener', this.removeEventListener.bind(this));
      vi.stubGlobal('document', this.document);
      return this;
    }
  }

  test('D1 the return of the network and of the visibility of the page are reported until the watch ends', () => {
    const page = new Page();
    let woken = 0;
    const stop = onWakeUp(() => (woken += 1), page);
    page.dispatchEvent(new Event('online'));
    page.look('visible');
    page.look('hidden');
    expect(woken).toBe(2);
    stop();
    page.dispatchEvent(new Event('online'));
    page.look('visible');
    expect(woken).toBe(2);
  });

  test('D1 while there is no connection, each of them is an attempt at once', async () => {
    const page = new Page().stub();
    const line = new ScriptedLine();
    const session = await line.connect();
    line.isDown = true;
    await line.cut();
    await line.pass(250);
    expect(line.tried).toHaveLength(2);
    page.dispatchEvent(new Event('online'));
    await settle();
    expect(line.tried).toHaveLength(3);
    line.isDown = false;
    page.look('visible');
    await line.welcome();
    expect(session.state).toBe('open');
    await line.close(session);
    page.look('visible');
    expect(line.tried).toHaveLength(4);
  });

  test('D2 while there is one, the router is asked at once, and has 5 s to answer', async () => {
    const page = new Page().stub();
    const line = new ScriptedLine();
    const session = await line.connect();
    const { peer } = line;
    page.look('visible');
    await line.peer.expect([48, 1, {}, 'wamp.session.get', [101]]);
    line.peer.send([50, 1, {}, [{}]]);
    await line.pass(5_000);
    expect(session.state).toBe('open');
    page.dispatchEvent(new Event('online'));
    await line.pass(5_000);
    expect([session.state, peer.closed]).toEqual(['reconnecting', 'silent']);
    await line.pass(250);
    await line.welcome();
    await line.close(session);
    expect(line.clock.pending).toBe(0);
  });
});
