/** What is unsent stays bounded, and what is too long is not written at all. */
import { describe, expect, test } from 'vitest';
import { WampError } from '../src/index.ts';
import { failure, joined, settle, type Joined } from './scripted-peer.ts';

const MIB = 1024 * 1024;

/** A session whose transport keeps all that it is given, until the test lets it go. */
async function stuck(): Promise<Joined & { readonly drain: () => void; readonly most: () => number }> {
  const { session, peer } = await joined();
  const { transport } = peer;
  const send = transport.send.bind(transport);
  let most = 0;
  transport.send = (frame) => {
    transport.backlog += frame.length;
    most = Math.max(most, transport.backlog);
    send(frame);
  };
  const drain = (): void => {
    transport.backlog = 0;
  };
  return { session, peer, drain, most: () => most };
}

describe('back-pressure', () => {
  test('D5 awaited publishes leave little more than 1 MiB unsent', async () => {
    const { session, peer, drain, most } = await stuck();
    let published = 0;
    const all = (async () => {
      for (; published < 400; published += 1) await session.publish('t', ['x'.repeat(10_000)]);
    })();
    for (let round = 0; published < 400; round += 1) {
      await settle();
      const before = published;
      // Time alone changes nothing.
      peer.clock.advance(1_000);
      if (before < 400 && peer.transport.backlog > MIB) expect(published).toBe(before);
      drain();
      peer.clock.advance(10);
      await new Promise(setImmediate);
    }
    await all;
    expect(most()).toBeGreaterThan(MIB);
    expect(most()).toBeLessThan(MIB + 20_000);
  });

  test('D5 senders continue as soon as a transport reports that it has drained', async () => {
    const { session, peer, drain } = await stuck();
    let done = false;
    const publishing = session.publish('t', ['x'.repeat(2 * MIB)]).then(() => {
      done = true;
    });
    peer.transport.listener?.drained?.();
    await settle();
    expect(done).toBe(false);
    drain();
    peer.transport.listener?.drained?.();
    await publishing;
    expect(peer.clock.pending).toBe(0);
  });

  test('D5 what the transport takes at once still leaves timers their turn at every MiB', async () => {
    const { session, peer } = await joined();
    let published = 0;
    const all = (async () => {
      for (; published < 300; published += 1) await session.publish('t', ['x'.repeat(10_000)]);
    })();
    for (let turn = 0; turn < 1_000 && peer.clock.pending === 0; turn += 1) await settle();
    expect(published).toBe(104);
    while (published < 300) {
      peer.clock.advance(0);
      await new Promise(setImmediate);
    }
    await all;
  });

  test('D5 the end of the session releases all waiting senders', async () => {
    const { session, peer } = await stuck();
    const publishing = session.publish('t', ['x'.repeat(2 * MIB)]);
    peer.drop();
    expect(await publishing).toEqual({});
    expect(peer.clock.pending).toBe(0);
  });
});

describe('x_max_message_size', () => {
  async function announced(limit: number): Promise<Joined> {
    return joined({ details: { x_max_message_size: limit } });
  }

  test('B2 a message longer than the announced limit is refused before it is sent', async () => {
    const { session, peer } = await announced(100);
    const refused = { name: 'SerializationError', uri: 'wamp.error.payload_size_exceeded' };
    const long = 'x'.repeat(100);
    expect(await failure(session.publish('t', [long]))).toMatchObject(refused);
    expect(await failure(session.publish('t', [long], { acknowledge: true }))).toMatchObject(refused);
    expect(await failure(session.call('p', [long]))).toMatchObject(refused);
    peer.expectNothing();
    // A request that was refused has cost no id.
    void session.publish('t', ['short']);
    await peer.expect([16, 1, {}, 't', ['short']]);
  });

  test.each(['result', 'progress', 'error'])(
    'B2 a callee whose %s is too long answers ERROR',
    async (kind) => {
      const { session, peer } = await announced(120);
      const long = 'x'.repeat(120);
      const registering = session.register('p', async (_, invocation) => {
        if (kind === 'progress') await invocation.progress(long);
        if (kind === 'error') throw new WampError('app.failed', [long]);
        return long;
      });
      session.on('error', () => undefined);
      await peer.next();
      peer.send([65, 1, 77]);
      await registering;
      peer.send([68, 1, 77, { receive_progress: true }]);
      const answer = await peer.next();
      expect(answer.slice(0, 5)).toEqual([8, 68, 1, {}, 'wamp.error.payload_size_exceeded']);
      expect(session.state).toBe('open');
    },
  );
});
