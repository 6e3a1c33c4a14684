/** Events and invocations that arrive before the code that runs handlers is loaded. */
import { expect, test, vi } from 'vitest';
import type * as Index from '../src/index.ts';
import type * as Testing from '../src/testing/index.ts';

/** The library, newly loaded. */
async function fresh(): Promise<typeof Index & typeof Testing> {
  vi.resetModules();
  return { ...(await import('../src/index.ts')), ...(await import('../src/testing/index.ts')) };
}

async function joined(): Promise<readonly [Index.Session, Testing.ScriptedPeer]> {
  const { connect, scriptedPeer } = await fresh();
  const peer = scriptedPeer();
  const connecting = connect('ws://test/', { realm: 'realm1', transport: peer.transport });
  await peer.welcome();
  return [await connecting, peer];
}

test('D8 REGISTER is sent at once, and INVOCATIONs wait in order until the code that runs handlers is loaded', async () => {
  const [session, peer] = await joined();
  const registering = session.register('app.echo', ([value]) => value);
  const [, request] = await peer.expect([64, 1, {}, 'app.echo']);
  peer.send([65, request, 7]);
  peer.send([68, 1, 7, {}, ['first']]);
  peer.send([68, 2, 7, {}, ['second']]);
  await peer.expect([70, 1, {}, ['first']]);
  await peer.expect([70, 2, {}, ['second']]);
  expect(await registering).toMatchObject({ state: 'active', procedure: 'app.echo' });
});

test('D8 EVENTs wait in order until the code that runs handlers is loaded, and so does subscribe', async () => {
  const [session, peer] = await joined();
  const heard: unknown[] = [];
  const subscribing = session.subscribe('app.news', ([text]) => heard.push(text));
  const [, request] = await peer.expect([32, 1, {}, 'app.news']);
  peer.send([33, request, 5]);
  peer.send([36, 5, 101, {}, ['first']]);
  peer.send([36, 5, 102, {}, ['second']]);
  expect(await subscribing).toMatchObject({ state: 'active', topic: 'app.news' });
  peer.send([36, 5, 103, {}, ['third']]);
  await expect.poll(() => heard).toEqual(['first', 'second', 'third']);
});

test('D8 when that code cannot be loaded, subscribe rejects, and the subscription is given up', async () => {
  const [session, peer] = await joined();
  vi.doMock('../src/late-code.ts', () => {
    throw new Error('404');
  });
  try {
    const subscribing = session.subscribe('app.news', () => undefined);
    subscribing.catch(() => undefined);
    session.on('error', () => undefined);
    const [, request] = await peer.expect([32, 1, {}, 'app.news']);
    peer.send([33, request, 5]);
    await peer.expect([34, 2, 5]);
    await expect(subscribing).rejects.toThrow();
  } finally {
    vi.doUnmock('../src/late-code.ts');
  }
});

test('D8 an INVOCATION without a registration is a protocol violation', async () => {
  const [session, peer] = await joined();
  session.on('error', () => undefined);
  peer.send([68, 1, 99, {}]);
  await peer.expect([3, { message: expect.any(String) as string }, 'wamp.error.protocol_violation']);
  expect(await session.closed).toMatchObject({ reason: 'wamp.error.protocol_violation' });
});

test('D8 when that code cannot be loaded, register rejects, and the callers receive an error', async () => {
  const [session, peer] = await joined();
  vi.doMock('../src/late-code.ts', () => {
    throw new Error('404');
  });
  try {
    const errors: Error[] = [];
    session.on('error', (error) => errors.push(error));
    const registering = session.register('app.echo', ([value]) => value);
    registering.catch(() => undefined);
    const [, request] = await peer.expect([64, 1, {}, 'app.echo']);
    peer.send([65, request, 7]);
    peer.send([68, 1, 7, {}, ['first']]);
    peer.send([67, (await peer.expect([66, 2, 7]))[1]]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.unavailable']);
    await expect(registering).rejects.toThrow();
    expect(errors).toHaveLength(1);
  } finally {
    vi.doUnmock('../src/late-code.ts');
  }
});

test('D8 more than 8 MiB do not wait for that code: events are dropped, calls refused, and it is said once', async () => {
  const [session, peer] = await joined();
  const errors: Error[] = [];
  session.on('error', (error) => errors.push(error));
  const heard: unknown[] = [];
  const subscribing = session.subscribe('app.news', ([text]) => heard.push(String(text).length));
  const [, request] = await peer.expect([32, 1, {}, 'app.news']);
  const registering = session.register('app.echo', ([value]) => value);
  const [, second] = await peer.expect([64, 2, {}, 'app.echo']);
  peer.send([33, request, 5]);
  peer.send([65, second, 7]);
  for (let id = 1; id <= 12; id += 1) peer.send([36, 5, id, {}, ['x'.repeat(1_000_000)]]);
  peer.send([68, 1, 7, {}, ['x'.repeat(1_000_000)]]);
  await peer.expect([8, 68, 1, {}, 'wamp.error.unavailable']);
  await Promise.all([subscribing, registering]);
  await expect.poll(() => heard).toEqual(Array.from({ length: 8 }, () => 1_000_000));
  expect(errors.map(({ message }) => message)).toEqual([
    'wamp.error.unavailable: Events are dropped and calls refused: 8 MiB wait for the code that runs handlers.',
  ]);
  peer.send([36, 5, 99, {}, ['later']]);
  await expect.poll(() => heard.at(-1)).toBe(5);
});

test('D8 INTERRUPTs that wait for that code count, too', async () => {
  const [session, peer] = await joined();
  const errors: Error[] = [];
  session.on('error', (error) => errors.push(error));
  const aborted: unknown[] = [];
  const registering = session.register('app.echo', ([value], { signal }) => {
    aborted.push(signal.aborted);
    return value;
  });
  const [, second] = await peer.expect([64, 1, {}, 'app.echo']);
  peer.send([65, second, 7]);
  peer.send([68, 1, 7, {}, ['first']]);
  // Each counts as its length and 256 bytes.
  for (let n = 0; n < 33_000; n += 1) peer.send([69, 1, { mode: 'kill' }]);
  peer.send([68, 2, 7, {}, ['second']]);
  await peer.expect([8, 68, 2, {}, 'wamp.error.unavailable']);
  await registering;
  await expect.poll(() => aborted).toEqual([false]);
  expect(errors).toHaveLength(1);
});
