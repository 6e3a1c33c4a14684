/** WebSocket with permessage-deflate (RFC 7692), which is off unless asked for (reliability.md, threat 7). */
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import { json } from '@wamp/protocol';
import { describe, expect, test } from 'vitest';
import { WebSocketEnd } from './support/client-ends.ts';
import { Inbox } from './support/inbox.ts';
import { HELLO } from './support/raw-socket.ts';
import { frame, request, Site } from './support/web-socket.ts';

type Message = readonly unknown[];

/** A joined client, and what it hears. */
async function join(site: Site, perMessageDeflate: boolean, batched = false) {
  const end = await WebSocketEnd.connect(site.url(), json, { perMessageDeflate, batched });
  const inbox = new Inbox<Message>();
  end.listener = {
    frame: (bytes) => {
      inbox.put(JSON.parse(new TextDecoder().decode(bytes)) as Message);
    },
    violation: (what) => {
      inbox.put([what]);
    },
    closed: (reason) => {
      inbox.put([reason]);
    },
  };
  const send = (message: Message): void => {
    end.send(json.encodePayload(message, {}, 1));
  };
  send(HELLO);
  await inbox.take();
  return { end, send, hear: () => inbox.take() };
}

describe('permessage-deflate', () => {
  test('is not agreed on by default', async () => {
    await using site = await Site.open();
    const { end } = await join(site, true);
    expect(end.socket.extensions).toBe('');
  });

  test.each([
    [true, false],
    [true, true],
    [false, false],
  ])('when it is on, who offers it (%s) has it; batched: %s', async (offers, batched) => {
    await using site = await Site.open({}, { compression: true });
    const { end, send, hear } = await join(site, offers, batched);
    expect(end.socket.extensions).toBe(offers ? 'permessage-deflate' : '');
    const text = 'wamp '.repeat(20_000);
    send([32, 1, {}, 'com.topic']);
    const [, , subscription] = await hear();
    for (const [index, size] of [100_000, 10, 50_000].entries()) {
      send([16, index + 2, { exclude_me: false }, 'com.topic', [text.slice(0, size)]]);
      expect(await hear()).toEqual([36, subscription, expect.anything(), {}, [text.slice(0, size)]]);
    }
  });

  test('makes large messages small, and keeps their order', async () => {
    await using site = await Site.open({}, { compression: true });
    const squeezed = await join(site, true);
    const plain = await join(site, false);
    for (const { send, hear } of [squeezed, plain]) {
      send([32, 1, {}, 'com.topic']);
      await hear();
    }
    const before = [squeezed, plain].map(({ end }) => bytesRead(end));
    const realm = site.router.realm('realm1');
    for (let count = 0; count < 20; count += 1)
      realm?.publish('com.topic', [count, 'x'.repeat(count % 2 ? 20_000 : 1)]);
    for (const { hear } of [squeezed, plain]) {
      for (let count = 0; count < 20; count += 1) expect(((await hear())[4] as Message)[0]).toBe(count);
    }
    const [less = 0, more = 0] = [squeezed, plain].map(
      ({ end }, index) => bytesRead(end) - (before[index] ?? 0),
    );
    expect(less).toBeLessThan(more / 50);
  });

  test('a decompression bomb is stopped early, and does not affect other clients', async () => {
    await using site = await Site.open({}, { compression: true });
    const witness = await join(site, true);
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024, ' '));
    const headers = {
      'Sec-WebSocket-Protocol': 'wamp.2.json',
      'Sec-WebSocket-Extensions': 'permessage-deflate',
    };
    const { socket, head } = await request(site.port, headers);
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    const before = process.memoryUsage().rss;
    socket.write(frame({ first: 0xc1, payload: bomb, length: BigInt(bomb.length) }));
    const [close] = (await once(socket, 'data')) as [Buffer];
    expect([close.readUInt8(0), close.readUInt16BE(2)]).toEqual([0x88, 1009]);
    await turn();
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
    witness.send([48, 1, {}, 'wamp.session.count']);
    expect(await witness.hear()).toMatchObject({ 0: 50 });
  });
});

/** What has come over the wire. */
function bytesRead({ socket }: WebSocketEnd): number {
  const { _socket } = socket as unknown as { readonly _socket: { readonly bytesRead: number } };
  return _socket.bytesRead;
}
