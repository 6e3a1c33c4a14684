/** Payload passthru mode: packed where it is sent, unpacked where it arrives, unread in between. */
import { describe, expect, test } from 'vitest';
import { json, type Serializer } from '@wamp/protocol';
import { cbor } from '../src/cbor.ts';
import { WampError, type Invocation, type RegisterOptions } from '../src/index.ts';
import { msgpack } from '../src/msgpack.ts';
import { passthru, type Cipher, type Passthru } from '../src/passthru.ts';
import { ADVANCED, ALL_FEATURES, failure, joined, settle, type Joined } from './scripted-peer.ts';

/** Not secret, but checked: each byte is inverted, and the last is their sum. */
function inverter(delay: (what: Uint8Array) => Promise<void> | undefined = () => undefined): Cipher {
  const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => (total + byte) & 255, 0);
  return {
    name: 'inverted',
    keyId: 'key1',
    encrypt: async (plain) => {
      await delay(plain);
      return Uint8Array.from([...plain.map((byte) => byte ^ 255), sum(plain)]);
    },
    decrypt: async (bytes, { keyId }) => {
      const plain = bytes.slice(0, -1).map((byte) => byte ^ 255);
      await delay(plain);
      if (keyId !== 'key1' || sum(plain) !== bytes.at(-1)) throw new Error('forged');
      return plain;
    },
  };
}

const plainly = passthru({ scheme: 'x_json', serializer: json });
const secret = passthru({ scheme: 'wamp', serializer: cbor, cipher: inverter() });
const X_JSON = { ppt_scheme: 'x_json', ppt_serializer: 'json' };
const SECRET = { ppt_scheme: 'wamp', ppt_serializer: 'cbor', ppt_cipher: 'inverted', ppt_keyid: 'key1' };

/** Bytes as JSON sessions carry them (BIN-1). */
function inJson(bytes: Uint8Array): string {
  return `\0${Buffer.from(bytes).toString('base64')}`;
}
function binary(text: string): string {
  return inJson(new TextEncoder().encode(text));
}
/** The same, as the scripted peer has it once it is decoded. */
function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
const ONE_BYTES = bytesOf('{"args":[1],"kwargs":{}}');
const ONE = binary('{"args":[1],"kwargs":{}}');

function ready(): Promise<Joined> {
  return joined({ roles: ADVANCED });
}

async function registered(
  handler: (args: unknown[], invocation: Invocation<unknown[]>) => unknown,
  options: RegisterOptions,
): Promise<Joined & { errors: Error[] }> {
  const { session, peer } = await ready();
  const errors: Error[] = [];
  session.on('error', (error) => errors.push(error));
  const registering = session.register('p', handler, options);
  await peer.next();
  peer.send([65, 1, 7]);
  await registering;
  return { session, peer, errors };
}

async function subscribed(
  hooks: Passthru | readonly Passthru[] | undefined,
): Promise<Joined & { errors: Error[]; heard: unknown[] }> {
  const { session, peer } = await ready();
  const errors: Error[] = [];
  const heard: unknown[] = [];
  session.on('error', (error) => errors.push(error));
  const subscribing = session.subscribe('t', (args, { kwargs }) => heard.push([args, kwargs]), {
    passthru: hooks,
  });
  await peer.next();
  peer.send([33, 1, 7]);
  await subscribing;
  return { session, peer, errors, heard };
}

describe('a scheme', () => {
  test.each<[string, Serializer | 'native' | undefined]>([
    ['x_own', json],
    ['x_own', 'native'],
    ['mqtt', undefined],
    ['mqtt', msgpack],
    ['wamp', cbor],
  ])('PPT-8: %s is one', (scheme, serializer) => {
    expect(passthru({ scheme, serializer }).scheme).toBe(scheme);
  });

  test.each<[string, Serializer | 'native' | undefined]>([
    ['', json],
    ['own', json],
    ['x_', json],
    ['x_own', undefined],
    ['wamp', json],
    ['wamp', undefined],
  ])('PPT-8: "%s" is none, or lacks a serializer', (scheme, serializer) => {
    expect(() => passthru({ scheme, serializer })).toThrow(TypeError);
  });

  test.each([json, msgpack, cbor])(
    'PPT-7: a map of args and kwargs, in $name, goes and comes',
    async (own) => {
      const hook = passthru({ scheme: 'x_own', serializer: own });
      const plain = { args: [1, 'ü', [null], { a: 1 }, new Uint8Array([1, 2])], kwargs: { b: [2.5] } };
      const { bytes, attributes } = await hook.pack(plain, 'p');
      expect(attributes).toEqual({ ppt_scheme: 'x_own', ppt_serializer: own.name });
      expect(await hook.unpack(bytes, attributes, 'p')).toEqual(plain);
      expect(bytes[0]).toBe({ json: 0x7b, msgpack: 0x82, cbor: 0xa2 }[own.name]);
    },
  );

  test.each([
    'nonsense',
    '',
    '[1]',
    '{"args":1}',
    '{"kwargs":[1]}',
    '{"args":[]},{}',
    '{"args":[]}]',
    '{"args":[]',
    `{"args":${'['.repeat(200)}${']'.repeat(200)}}`,
  ])('bytes that are no such map are refused: %s', async (text) => {
    const bytes = new TextEncoder().encode(text);
    await expect(async () => plainly.unpack(bytes, X_JSON, 'p')).rejects.toThrow();
  });

  test('args and kwargs that are missing in the dict are empty', async () => {
    const bytes = new TextEncoder().encode('{"kwargs":null}');
    expect(await plainly.unpack(bytes, X_JSON, 'p')).toEqual({ args: [], kwargs: {} });
  });

  test('PPT-8: native bytes go as they are', async () => {
    const mqtt = passthru({ scheme: 'mqtt' });
    const bytes = new Uint8Array([1, 2, 3]);
    const packed = await mqtt.pack({ args: [bytes], kwargs: {} }, 't');
    expect(packed).toEqual({ bytes, attributes: { ppt_scheme: 'mqtt', ppt_serializer: 'native' } });
    expect(await mqtt.unpack(bytes, { ppt_scheme: 'mqtt' }, 't')).toEqual({ args: [bytes], kwargs: {} });
    for (const plain of [
      { args: [], kwargs: {} },
      { args: ['text'], kwargs: {} },
      { args: [bytes, 1], kwargs: {} },
      { args: [bytes], kwargs: { a: 1 } },
    ]) {
      await expect(async () => mqtt.pack(plain, 't')).rejects.toThrow(TypeError);
    }
  });

  test('another serializer or cipher than its own is not read', async () => {
    const { bytes } = await plainly.pack({ args: [1], kwargs: {} }, 'p');
    for (const attributes of [
      { ...X_JSON, ppt_serializer: 'cbor' },
      { ...X_JSON, ppt_cipher: 'c' },
    ]) {
      await expect(async () => plainly.unpack(bytes, attributes, 'p')).rejects.toThrow(TypeError);
    }
    await expect(async () =>
      secret.unpack(bytes, { ppt_scheme: 'wamp', ppt_serializer: 'cbor' }, 'p'),
    ).rejects.toThrow(TypeError);
  });

  test('a cipher is given the scheme, the URI and the key', async () => {
    const contexts: unknown[] = [];
    const cipher: Cipher = {
      name: 'none',
      encrypt: (bytes, context) => (contexts.push(context), bytes),
      decrypt: (bytes, context) => (contexts.push(context), bytes),
    };
    const hook = passthru({ scheme: 'x_own', serializer: json, cipher });
    const { bytes, attributes } = await hook.pack({ args: [], kwargs: {} }, 'p');
    expect(attributes).toEqual({ ppt_scheme: 'x_own', ppt_serializer: 'json', ppt_cipher: 'none' });
    await hook.unpack(bytes, { ...attributes, ppt_keyid: 'theirs' }, 'q');
    expect(contexts).toEqual([
      { scheme: 'x_own', uri: 'p', keyId: undefined },
      { scheme: 'x_own', uri: 'q', keyId: 'theirs' },
    ]);
  });
});

describe('a call', () => {
  test('PPT-6, PPT-7, PPT-9: its payload is one binary item, and so is its result', async () => {
    const { session, peer } = await ready();
    const call = session.call('p', [1], { passthru: plainly, timeout: 50 });
    await peer.expect([48, 1, { timeout: 50, ...X_JSON }, 'p', [ONE_BYTES]]);
    peer.send([50, 1, X_JSON, [binary('{"args":[2,3],"kwargs":{"a":1}}')]]);
    expect(await call.full()).toMatchObject({ value: 2, args: [2, 3], kwargs: { a: 1 }, details: X_JSON });
    expect(peer.clock.pending).toBe(0);
  });

  test('its result, or error, may be plain all the same', async () => {
    const { session, peer } = await ready();
    const call = session.call('p', [], { passthru: plainly });
    await peer.next();
    peer.send([50, 1, { ppt_scheme: '' }, [2]]);
    expect(await call).toBe(2);
    const failing = session.call('p', [], { passthru: plainly });
    await peer.next();
    peer.send([8, 48, 2, {}, 'app.failed', [1]]);
    expect(await failure(failing)).toMatchObject({ uri: 'app.failed', args: [1] });
  });

  test('PPT-6: an ERROR is unpacked; what cannot be read of it is left out', async () => {
    const { session, peer } = await ready();
    const readable = session.call('p', [], { passthru: plainly });
    const others = [1, 2].map(() => session.call('p', [], { passthru: plainly }));
    for (let n = 0; n < 3; n += 1) await peer.next();
    peer.send([8, 48, 1, X_JSON, 'app.failed', [ONE]]);
    peer.send([8, 48, 2, X_JSON, 'app.failed', ['text']]);
    peer.send([8, 48, 3, SECRET, 'app.failed', [ONE]]);
    expect(await failure(readable)).toMatchObject({ uri: 'app.failed', args: [1] });
    for (const call of others) {
      expect(await failure(call)).toMatchObject({
        uri: 'app.failed',
        args: [],
        cause: expect.any(WampError) as unknown,
      });
    }
  });

  test.each<[string, unknown[], string]>([
    ['of an unknown scheme', [50, 1, { ppt_scheme: 'x_other' }, [ONE]], 'wamp.error.feature_not_supported'],
    ['that is not binary', [50, 1, X_JSON, ['text']], 'wamp.error.invalid_payload'],
    ['that is empty', [50, 1, X_JSON], 'wamp.error.invalid_payload'],
    ['that is more than one item', [50, 1, X_JSON, [ONE, ONE]], 'wamp.error.invalid_payload'],
    ['with keywords', [50, 1, X_JSON, [ONE], { a: 1 }], 'wamp.error.invalid_payload'],
    ['that is nonsense', [50, 1, X_JSON, [binary('nonsense')]], 'wamp.error.invalid_payload'],
  ])('a result %s fails it', async (_what, answer, uri) => {
    const { session, peer } = await ready();
    const call = session.call('p', [], { passthru: plainly });
    await peer.next();
    peer.send(answer);
    expect(await failure(call)).toMatchObject({ uri });
    peer.expectNothing();
    expect(session.state).toBe('open');
  });

  test('a packed result without option passthru fails the call', async () => {
    const { session, peer } = await ready();
    const call = session.call('p');
    peer.send([50, 1, X_JSON, [ONE]]);
    expect(await failure(call)).toMatchObject({ uri: 'wamp.error.feature_not_supported' });
  });

  test('PPT-2: a router that has not announced it gets none', async () => {
    const { session, peer } = await joined({ roles: ALL_FEATURES });
    const lacking = { uri: 'wamp.error.feature_not_supported' };
    expect(await failure(session.call('p', [], { passthru: plainly }))).toMatchObject(lacking);
    expect(await failure(session.publish('t', [], { passthru: plainly }))).toMatchObject(lacking);
    peer.expectNothing();
  });

  test('what cannot be packed fails it, and nothing is sent', async () => {
    const { session, peer } = await ready();
    const mqtt = passthru({ scheme: 'mqtt' });
    expect(await failure(session.call('p', ['text'], { passthru: mqtt }))).toBeInstanceOf(TypeError);
    expect(await failure(session.publish('p', ['text'], { passthru: mqtt }))).toBeInstanceOf(TypeError);
    session.call('p').catch(() => undefined);
    await peer.expect([48, 1, {}, 'p']);
    expect(session.state).toBe('open');
  });

  test('requests keep their order, however long each takes to pack', async () => {
    const waits: (() => void)[] = [];
    const cipher = inverter(() => new Promise((resolve) => waits.push(resolve)));
    const slow = passthru({ scheme: 'x_slow', serializer: json, cipher });
    const { session, peer } = await ready();
    session.call('p1', [], { passthru: slow }).catch(() => undefined);
    const published = session.publish('t', [], { passthru: slow });
    session.call('p2', [], { passthru: plainly }).catch(() => undefined);
    await settle();
    peer.expectNothing();
    waits[0]?.();
    expect((await peer.next()).slice(0, 2)).toEqual([48, 1]);
    await settle();
    waits[1]?.();
    expect((await peer.next()).slice(0, 2)).toEqual([16, 2]);
    expect(await published).toEqual({});
    expect((await peer.next()).slice(0, 4)).toEqual([48, 3, X_JSON, 'p2']);
  });

  test('canceled, or over, while it is packed: it is never sent', async () => {
    const { session, peer } = await ready();
    const controller = new AbortController();
    const call = session.call('p', [], { passthru: secret });
    const publishing = failure(session.publish('t', [], { passthru: secret, signal: controller.signal }));
    call.cancel('kill');
    controller.abort(new Error('enough'));
    expect(await failure(call)).toMatchObject({ name: 'CanceledError' });
    expect(await publishing).toMatchObject({ message: 'enough' });
    await settle();
    peer.expectNothing();
    const late = session.call('p', [], { passthru: secret });
    peer.drop();
    expect(await failure(late)).toMatchObject({ name: 'ConnectionLostError' });
  });

  test('PPT-10: progress and input are packed and unpacked, in their order', async () => {
    const { session, peer } = await ready();
    const stream = session.stream('p', [0], { passthru: plainly, input: [[1]] });
    const progressive = { receive_progress: true, progress: true };
    await peer.expect([48, 1, { ...progressive, ...X_JSON }, 'p', [bytesOf('{"args":[0],"kwargs":{}}')]]);
    await peer.expect([48, 1, { progress: true }, 'p', [ONE_BYTES]]);
    await peer.expect([48, 1, {}, 'p']);
    peer.send([50, 1, { progress: true, ...X_JSON }, [ONE]]);
    peer.send([50, 1, { progress: true }, ['plain']]);
    peer.send([50, 1, X_JSON, [binary('{"args":["end"]}')]]);
    const values: unknown[] = [];
    for await (const value of stream) values.push(value);
    expect(values).toEqual([1, 'plain']);
    expect(await stream.result).toBe('end');
  });

  test('progress that cannot be read cancels it', async () => {
    const { session, peer } = await ready();
    const stream = session.stream('p', [], { passthru: plainly });
    await peer.next();
    peer.send([50, 1, { progress: true, ...X_JSON }, ['text']]);
    await peer.expect([49, 1, { mode: 'killnowait' }]);
    expect(await failure(stream.result)).toMatchObject({ uri: 'wamp.error.invalid_payload' });
  });
});

describe('an event', () => {
  test('PPT-6: is published and delivered', async () => {
    const { session, peer, heard } = await subscribed([secret, plainly]);
    await session.publish('t', [1], { passthru: plainly, retain: true });
    await peer.expect([16, 2, { retain: true, ...X_JSON }, 't', [ONE_BYTES]]);
    peer.send([36, 7, 1, X_JSON, [ONE]]);
    await settle();
    expect(heard).toEqual([[[1], {}]]);
  });

  test('is delivered in its order, however long it takes to unpack', async () => {
    const waits: (() => void)[] = [];
    const cipher = inverter(() => new Promise((resolve) => waits.push(resolve)));
    const slow = passthru({ scheme: 'x_slow', serializer: json, cipher });
    const packing = slow.pack({ args: [1], kwargs: {} }, 't');
    await settle();
    waits.shift()?.();
    const { bytes, attributes } = await packing;
    const { peer, heard } = await subscribed(slow);
    peer.send([36, 7, 1, attributes, [inJson(bytes)]]);
    peer.send([36, 7, 2, {}, [2]]);
    await settle();
    expect(heard).toEqual([]);
    waits.shift()?.();
    await settle();
    expect(heard).toEqual([
      [[1], {}],
      [[2], {}],
    ]);
    peer.send([36, 7, 3, {}, [3]]);
    expect(heard).toHaveLength(3);
  });

  test.each<[string, unknown[], string]>([
    ['an unknown scheme', [36, 7, 1, { ppt_scheme: 'x_other' }, [ONE]], 'wamp.error.feature_not_supported'],
    ['an invalid payload', [36, 7, 1, X_JSON, [{}]], 'wamp.error.invalid_payload'],
    ['a forged payload', [36, 7, 1, SECRET, [ONE]], 'wamp.error.invalid_payload'],
  ])('of %s is dropped and reported; the next one is heard', async (_what, event, uri) => {
    const { session, peer, errors, heard } = await subscribed([plainly, secret]);
    peer.send(event);
    peer.send([36, 7, 2, {}, ['plain']]);
    await settle();
    expect(errors).toMatchObject([{ uri }]);
    expect(heard).toEqual([[['plain'], {}]]);
    expect(session.state).toBe('open');
  });

  test('PPT-5: a subscriber that unpacks nothing drops it, too', async () => {
    const { session, peer, errors, heard } = await subscribed(undefined);
    peer.send([36, 7, 1, X_JSON, [ONE]]);
    peer.send([36, 7, 1, {}, ['plain']]);
    await settle();
    expect(errors).toHaveLength(1);
    expect(heard).toEqual([[['plain'], {}]]);
    expect(session.state).toBe('open');
  });
});

describe('a procedure', () => {
  test('PPT-6, PPT-10: unpacks its arguments, and packs its result', async () => {
    const { peer } = await registered(
      async function* ([first], { input }) {
        yield first;
        for await (const { args } of input) yield args[0];
        return 'end';
      },
      { passthru: plainly },
    );
    peer.send([68, 1, 7, { progress: true, receive_progress: true, ...X_JSON }, [ONE]]);
    await peer.expect([70, 1, { progress: true, ...X_JSON }, [ONE_BYTES]]);
    // PCI-7: how it is packed, the first has told.
    peer.send([68, 1, 7, { progress: true }, [binary('{"args":[2]}')]]);
    await peer.expect([70, 1, { progress: true, ...X_JSON }, [bytesOf('{"args":[2],"kwargs":{}}')]]);
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, X_JSON, [bytesOf('{"args":["end"],"kwargs":{}}')]]);
  });

  test('that is called plainly answers plainly', async () => {
    const { peer } = await registered(() => 1, { passthru: plainly });
    peer.send([68, 1, 7, {}]);
    await peer.expect([70, 1, {}, [1]]);
  });

  test('its errors are packed, if there is anything in them', async () => {
    const { peer } = await registered(
      ([n]) => {
        throw new WampError('app.failed', n === 1 ? [1] : []);
      },
      { passthru: plainly },
    );
    peer.send([68, 1, 7, X_JSON, [ONE]]);
    await peer.expect([8, 68, 1, X_JSON, 'app.failed', [ONE_BYTES]]);
    peer.send([68, 2, 7, X_JSON, [binary('{}')]]);
    await peer.expect([8, 68, 2, {}, 'app.failed']);
  });

  test.each<[string, unknown[], string]>([
    ['an unknown scheme', [{ ppt_scheme: 'x_other' }, [ONE]], 'wamp.error.feature_not_supported'],
    ['nonsense', [X_JSON, [binary('nonsense')]], 'wamp.error.invalid_payload'],
    ['a forged payload', [SECRET, [ONE]], 'wamp.error.invalid_payload'],
  ])('is not run for %s: the caller gets an ERROR', async (_what, [details, args], uri) => {
    const { session, peer, errors } = await registered(() => expect.unreachable('run'), {
      passthru: [plainly, secret],
    });
    peer.send([68, 1, 7, details, args]);
    await peer.expect([8, 68, 1, {}, uri, [expect.any(String)]]);
    expect(errors).toMatchObject([{ uri }]);
    expect(session.state).toBe('open');
  });

  test('input that cannot be read ends it', async () => {
    let seen: AbortSignal | undefined;
    const { peer, errors } = await registered(
      (_args, { signal }) => {
        seen = signal;
        return new Promise(() => undefined);
      },
      { passthru: plainly },
    );
    peer.send([68, 1, 7, { progress: true, ...X_JSON }, [ONE]]);
    peer.send([68, 1, 7, { progress: true }, ['text']]);
    peer.send([68, 1, 7, { progress: true }, ['text']]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.invalid_payload', [expect.any(String)]]);
    expect(seen?.aborted).toBe(true);
    await settle();
    expect(errors).toHaveLength(1);
    peer.expectNothing();
  });

  test('is not run when it is interrupted before its arguments are read', async () => {
    const { peer, errors } = await registered(() => expect.unreachable('run'), { passthru: plainly });
    peer.send([68, 1, 7, X_JSON, [ONE]]);
    peer.send([69, 1, {}]);
    await settle();
    peer.expectNothing();
    expect(errors).toEqual([]);
  });

  test('a result that cannot be packed is a runtime error', async () => {
    const { peer, errors } = await registered(() => 'text', { passthru: passthru({ scheme: 'mqtt' }) });
    peer.send([68, 1, 7, { ppt_scheme: 'mqtt' }, [ONE]]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', [expect.any(String)]]);
    expect(errors).toHaveLength(1);
  });
});
