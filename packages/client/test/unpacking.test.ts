/** What waits while an asynchronous `unpack` goes on is bounded, in number and bytes (trials: A11). */
import { expect, test } from 'vitest';
import { json } from '@wamp/protocol';
import { passthru, type Passthru } from '../src/passthru.ts';
import { ADVANCED, joined, settle, type Joined } from './scripted-peer.ts';

const X_JSON = { ppt_scheme: 'x_json', ppt_serializer: 'json' };
const plainly = passthru({ scheme: 'x_json', serializer: json });
/** A payload of little more than 1 MiB, as JSON sessions carry it. */
const LONG = packed({ args: ['x'.repeat(0.75 * 1024 * 1024)] });

function packed(plain: object): string {
  return `\0${Buffer.from(JSON.stringify(plain)).toString('base64')}`;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_item, index) => index);
}

/** A session of a passthru whose `unpack` goes on until `finish`. */
async function hanging(): Promise<
  Joined & { readonly hook: Passthru; readonly errors: string[]; readonly finish: () => Promise<void> }
> {
  const { session, peer } = await joined({ roles: ADVANCED });
  const errors: string[] = [];
  session.on('error', (error) => errors.push(error.message));
  const waiting: (() => void)[] = [];
  const hook: Passthru = {
    ...plainly,
    scheme: 'x_json',
    unpack: async (...payload) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return plainly.unpack(...payload);
    },
  };
  const finish = async (): Promise<void> => {
    await settle();
    while (waiting.length > 0) {
      for (const resolve of waiting.splice(0)) resolve();
      await settle();
    }
  };
  return { session, peer, hook, errors, finish };
}

test('A11 events are dropped beyond 8 MiB, and event `error` reports how many', async () => {
  const { session, peer, hook, errors, finish } = await hanging();
  const heard: unknown[] = [];
  const subscribing = session.subscribe('t', ([text], { publication }) => heard.push([publication, text]), {
    passthru: hook,
  });
  await peer.next();
  peer.send([33, 1, 7]);
  await subscribing;
  for (const n of range(12)) peer.send([36, 7, n + 1, X_JSON, [LONG]]);
  expect(errors).toEqual([expect.stringContaining('An event was dropped: 8 MiB wait')]);
  await finish();
  expect(heard.map((each) => (each as unknown[])[0])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(errors.slice(1)).toEqual([expect.stringContaining('4 more events were dropped')]);
  // There is room again, and what needs no unpacking has its turn.
  peer.send([36, 7, 13, {}, ['plain']]);
  expect(heard.at(-1)).toEqual([13, 'plain']);
});

test('A11 short events count as 256 bytes more than their messages, and plain ones wait behind packed ones', async () => {
  const { session, peer, hook, errors, finish } = await hanging();
  const heard: unknown[] = [];
  const subscribing = session.subscribe('t', ([n]) => heard.push(n), { passthru: hook });
  await peer.next();
  peer.send([33, 1, 7]);
  await subscribing;
  peer.send([36, 7, 1, X_JSON, [packed({ args: [0] })]]);
  for (const n of range(40_000)) peer.send([36, 7, 1, {}, [n + 1]]);
  expect(heard).toEqual([]);
  await finish();
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard.length).toBeGreaterThan(25_000);
  expect(heard.length).toBeLessThan(32_768);
  expect(heard).toEqual(range(heard.length));
  expect(errors[1]).toContain(`${40_000 - heard.length} more events were dropped`);
});

test('A11 calls are refused beyond 8 MiB, and those before are answered', async () => {
  const { session, peer, hook, errors, finish } = await hanging();
  const registering = session.register('p', ([text]) => (text as string).length, { passthru: hook });
  await peer.next();
  peer.send([65, 1, 8]);
  await registering;
  for (const n of range(10)) peer.send([68, n + 1, 8, X_JSON, [LONG]]);
  for (const n of [8, 9, 10]) {
    await peer.expect([8, 68, n, {}, 'wamp.error.unavailable', [expect.stringContaining('8 MiB')]]);
  }
  peer.expectNothing();
  await finish();
  for (const n of range(7)) await peer.expect([70, n + 1, X_JSON, [expect.anything()]]);
  expect(errors).toEqual([]);
});

test('A11 a call whose input waits beyond 8 MiB ends, and no other', async () => {
  const { session, peer, hook, errors, finish } = await hanging();
  const registering = session.register('p', ([text]) => text, { passthru: hook });
  await peer.next();
  peer.send([65, 1, 8]);
  await registering;
  peer.send([68, 1, 8, X_JSON, [packed({ args: ['other'] })]]);
  for (let n = 0; n < 9; n += 1) peer.send([68, 2, 8, { ...X_JSON, progress: true }, [LONG]]);
  await peer.expect([8, 68, 2, {}, 'wamp.error.unavailable', [expect.stringContaining('8 MiB')]]);
  await finish();
  await peer.expect([70, 1, X_JSON, [expect.anything()]]);
  peer.expectNothing();
  expect(errors).toEqual([]);
});

test('A11 a call fails when 64 MiB of its progressive results wait, and is canceled', async () => {
  const { session, peer, hook, finish } = await hanging();
  const progress: unknown[] = [];
  const call = session.call('p', [], { passthru: hook, onProgress: (value) => progress.push(value) });
  await peer.next();
  const result = JSON.stringify([50, 1, { ...X_JSON, progress: true }, [LONG]]);
  const send = (count: number): void => {
    for (let n = 0; n < count; n += 1) peer.sendText(result);
  };
  send(20);
  await finish();
  // Those that have been unpacked do not count any more.
  expect(progress).toHaveLength(20);
  send(63);
  await settle();
  peer.expectNothing();
  send(1);
  await expect(call).rejects.toThrow('64 MiB wait to be unpacked');
  await peer.expect([49, 1, { mode: 'killnowait' }]);
  await finish();
  expect(progress).toHaveLength(20);
});
