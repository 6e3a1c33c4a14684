/** What a session may send at a time: WELCOME tells it, over each transport what really holds there. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json, type Dict } from '@wamp/protocol';
import { cbor } from '@wamp/protocol/cbor';
import { msgpack } from '@wamp/protocol/msgpack';
import { acceptLongPolls, createRouter } from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { LongPollEnd, WebSocketEnd, type ClientEnd } from './support/client-ends.ts';
import { Client, settle } from './support/client.ts';
import { greetingOf, HELLO, RawPeer, RawSite } from './support/raw-socket.ts';
import { RawClient, Site } from './support/web-socket.ts';

const SERIALIZERS = [['json', json] as const, ['msgpack', msgpack] as const, ['cbor', cbor] as const];

/** The size that a WELCOME announces. */
function announced(welcome: readonly unknown[]): unknown {
  expect(welcome[0]).toBe(2);
  return (welcome[2] as Dict)['x_max_message_size'];
}

/** The answer to HELLO. */
function join(end: ClientEnd): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    end.listener = {
      frame: (bytes) => {
        resolve(end.serializer.decodePayload(bytes, 1).args ?? []);
      },
      violation: reject,
      closed: reject,
    };
    end.send(end.serializer.encodePayload(HELLO, {}, 1));
  });
}

describe('B2 WELCOME tells the longest message that the router takes', () => {
  test.each(SERIALIZERS)('B2 over WebSocket, %s: 1 MiB by default', async (_, serializer) => {
    await using site = await Site.open();
    const client = await RawClient.connect(site.port, serializer);
    client.send(HELLO);
    expect(announced(await client.message())).toBe(1024 * 1024);
  });

  test('B2 over WebSocket: what limits.messageSize says, also in batches', async () => {
    await using site = await Site.open({ limits: { messageSize: 70_000 } });
    const client = await RawClient.connect(site.port);
    client.send(HELLO);
    expect(announced(await client.message())).toBe(70_000);
    expect(announced(await join(await WebSocketEnd.connect(site.url(), json, { batched: true })))).toBe(
      70_000,
    );
  });

  test('B2 over a compressed WebSocket: the same, for what is inflated', async () => {
    await using site = await Site.open({ limits: { messageSize: 70_000 } }, { compression: true });
    const end = await WebSocketEnd.connect(site.url(), json, { perMessageDeflate: true });
    expect(announced(await join(end))).toBe(70_000);
    end.drop();
  });

  test('B2 over RawSocket: the power of two of the handshake', async () => {
    await using site = await RawSite.open({ limits: { messageSize: 70_000 } });
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json));
    expect(announced(await peer.ask(HELLO))).toBe(65_536);
  });

  test('B2 over RawSocket: what the acceptor was given', async () => {
    await using site = await RawSite.open({}, { maxMessageSize: 2048 });
    const peer = RawPeer.dial(site.port);
    peer.write(greetingOf(json));
    expect(announced(await peer.ask(HELLO))).toBe(2048);
  });

  test('B2 over long-poll: the longest body', async () => {
    const router = createRouter({ realms: ['realm1'] });
    const server = createServer();
    acceptLongPolls(router, { server, maxBodySize: 4096 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lp`;
    const end = await LongPollEnd.connect(url, json);
    expect(announced(await join(end))).toBe(4096);
    end.drop();
    server.closeAllConnections();
    server.close();
  });

  test('B2 in memory: nothing, for there is no such limit', async () => {
    const client = new Client(createRouter({ realms: ['realm1'] }));
    client.send(HELLO);
    await settle();
    expect(announced(client.heard[0] ?? [])).toBeUndefined();
  });
});
