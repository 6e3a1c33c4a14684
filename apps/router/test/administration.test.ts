/** The admin realm of a running router: who gets in, what a reload does to it, and that draining spares it. */
import { json, type Transport } from '@wamp/protocol';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { WebSocketEnd } from '../../../packages/router/test/support/client-ends.ts';
import { Inbox } from '../../../packages/router/test/support/inbox.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { logTo } from '../src/log.ts';
import { start, type Running } from '../src/start.ts';
import { CertificateFolder } from './certificates.ts';

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

const PLAIN = `
listeners: [{ port: 0, pages: false, transports: [websocket] }]
realms: [{ name: realm1 }]
`;
const YAML = `${PLAIN}
admin:
  realm:
    auth: { ticket: { principals: { olga: { role: operator, ticket: sesame }, vic: { role: viewer, ticket: see } } } }
    roles:
      operator: { permissions: [{ uri: wamp.admin.*, allow: [call] }] }
      viewer: { permissions: [{ uri: wamp.admin.status, allow: [call] }] }
`;

async function serve(yaml: string): Promise<Running> {
  const file = await folder.write('wamp.yaml', yaml);
  const running = await start(loadConfiguration(file), false, logTo({ write: () => undefined }, 'info'));
  onTestFinished(() => running.stop());
  return running;
}

/** A client that speaks in messages, and waits for answers. */
class Client {
  readonly #end: Transport;
  readonly #heard = new Inbox<readonly unknown[]>();
  #request = 0;

  private constructor(end: Transport) {
    this.#end = end;
    end.listener = {
      frame: (bytes) => {
        this.#heard.put(json.decodePayload(bytes, 1).args ?? []);
      },
      violation: () => undefined,
      closed: (why) => {
        this.#heard.put(['closed', why]);
      },
    };
  }

  static async connect({ greeting }: Running): Promise<Client> {
    const url = greeting.split(/\s+/).find((word) => word.startsWith('ws')) ?? '';
    return new Client(await WebSocketEnd.connect(url, json));
  }

  static async logIn(running: Running, authid: string, ticket: string): Promise<Client> {
    const client = await Client.connect(running);
    const details = { authmethods: ['ticket'], authid, roles: { caller: {} } };
    expect((await client.ask([1, 'wamp.admin', details]))[0]).toBe(4);
    expect((await client.ask([5, ticket, {}]))[0]).toBe(2);
    return client;
  }

  ask(message: readonly unknown[]): Promise<readonly unknown[]> {
    this.#end.send(json.encodePayload(message, {}, 1));
    return this.#heard.take();
  }

  /** The result of a call, or the URI of its error. */
  async call(procedure: string, ...args: readonly unknown[]): Promise<unknown> {
    this.#request += 1;
    const answer = await this.ask([48, this.#request, {}, procedure, args]);
    return answer[0] === 8 ? answer[4] : (answer[3] as unknown[])[0];
  }

  heard(): Promise<readonly unknown[]> {
    return this.#heard.take();
  }
}

test('operators log in with the permissions of their roles; other clients are refused', async () => {
  const running = await serve(YAML);
  const nobody = await Client.connect(running);
  expect(await nobody.ask([1, 'wamp.admin', { roles: { caller: {} } }])).toMatchObject([3, {}, /./]);
  const vic = await Client.logIn(running, 'vic', 'see');
  expect(await vic.call('wamp.admin.reload')).toBe('wamp.error.not_authorized');
  expect(await vic.call('wamp.admin.status')).toMatchObject({
    draining: false,
    store: null,
    listeners: [{ urls: [expect.stringMatching(/^ws:/)] }],
    log_level: 'info',
    realms: 2,
  });
  const olga = await Client.logIn(running, 'olga', 'sesame');
  expect(await olga.call('wamp.admin.session.list', 'wamp.admin', 'vic')).toMatchObject({
    total: 3,
    sessions: [{ authid: 'vic', authrole: 'viewer', authmethod: 'ticket', transport: { type: 'websocket' } }],
  });
  expect(await olga.call('wamp.admin.log.recent')).toMatchObject({ counts: { router_started: 1 } });
});

test('there is no admin realm unless the configuration has one; reloads add, change and remove it', async () => {
  const running = await serve(PLAIN);
  const early = await Client.connect(running);
  const hello = [1, 'wamp.admin', { authmethods: ['ticket'], authid: 'olga', roles: { caller: {} } }];
  expect(await early.ask(hello)).toMatchObject([3, {}, 'wamp.error.no_such_realm']);
  await folder.write('wamp.yaml', YAML);
  expect(await running.reload()).toEqual({ ok: true, lines: ['realm wamp.admin: opened'] });
  const olga = await Client.logIn(running, 'olga', 'sesame');
  await folder.write(
    'wamp.yaml',
    YAML.replace('reload', '').replace('uri: wamp.admin.*', 'uri: wamp.admin.re*'),
  );
  expect(await olga.call('wamp.admin.reload', true)).toEqual({
    ok: true,
    lines: ['realm wamp.admin: roles changed'],
  });
  expect(await olga.call('wamp.admin.reload')).toMatchObject({ ok: true });
  expect(await olga.call('wamp.admin.status')).toBe('wamp.error.not_authorized');
  await folder.write('wamp.yaml', 'realms: nonsense');
  expect(await olga.call('wamp.admin.reload')).toMatchObject({ ok: false });
  await folder.write('wamp.yaml', PLAIN);
  await running.reload();
  expect(await olga.heard()).toEqual([6, {}, 'wamp.close.close_realm']);
});

test('draining refuses calls and connections elsewhere, and operators see how it goes on', async () => {
  const running = await serve(YAML);
  const joe = await Client.connect(running);
  await joe.ask([1, 'realm1', { roles: { caller: {} } }]);
  const olga = await Client.logIn(running, 'olga', 'sesame');
  expect(await olga.call('wamp.admin.drain')).toEqual({ calls_in_flight: 0 });
  expect(await joe.call('wamp.session.count')).toBe('wamp.error.unavailable');
  expect(await olga.call('wamp.admin.status')).toMatchObject({ draining: true });
  const late = await Client.connect(running);
  // ABORT may come before anybody listens; the end is heard in any case.
  let last: readonly unknown[];
  do last = await late.heard();
  while (last[0] !== 'closed');
  expect(last).toEqual(['closed', 'closed with 1000']);
});
