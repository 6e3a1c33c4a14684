/** Reloading: what changes while sessions go on, and that a broken file changes nothing. */
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { json, type Transport } from '@wamp/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocketEnd } from '../../../packages/router/test/support/client-ends.ts';
import { Inbox } from '../../../packages/router/test/support/inbox.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { logTo } from '../src/log.ts';
import { start, type Running } from '../src/start.ts';
import { FileWatch } from '../src/watch.ts';
import { CertificateFolder } from './certificates.ts';
import { Workshop } from './workshop.ts';

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** A router whose file can be written anew. */
interface Reloadable {
  readonly running: Running;
  /** What it has logged, by code. */
  readonly codes: readonly string[];
  readonly rewrite: (yaml: string) => Promise<unknown>;
}

async function serve(yaml: string): Promise<Reloadable> {
  const file = await folder.write('wamp.yaml', yaml);
  const codes: string[] = [];
  const log = logTo({ write: (line) => codes.push((JSON.parse(line) as { code: string }).code) }, 'info');
  const running = await start(loadConfiguration(file), false, log);
  onTestFinished(() => running.stop());
  return { running, codes, rewrite: (text) => folder.write('wamp.yaml', text) };
}

function urlsOf({ greeting }: Running): readonly string[] {
  const [told = ''] = greeting.split('\n  realm', 1);
  return told.split(/\s+/).filter((word) => word.startsWith('ws'));
}

/** A client that speaks in messages, and waits for answers. */
class Client {
  readonly #end: Transport;
  readonly #heard = new Inbox<readonly unknown[]>();

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

  static async join(url: string, realm: string, details: object = {}): Promise<Client> {
    const client = new Client(await WebSocketEnd.connect(url, json));
    const roles = { caller: {}, subscriber: {}, publisher: {} };
    await client.ask([1, realm, { roles, ...details }]);
    return client;
  }

  ask(message: readonly unknown[]): Promise<readonly unknown[]> {
    this.#end.send(json.encodePayload(message, {}, 1));
    return this.heard();
  }

  /** The type of the answer; of an ERROR, its URI. */
  async said(message: readonly unknown[]): Promise<unknown> {
    const answer = await this.ask(message);
    return answer[0] === 8 ? answer[4] : answer[0];
  }

  heard(): Promise<readonly unknown[]> {
    return this.#heard.take();
  }
}

const LISTENERS = 'listeners: [{ port: 0, pages: false }]\n';

describe('a reload', () => {
  const TENANTS = (template: string): string => `${LISTENERS}realms: [{ name: one }]\n${template}`;
  const TEMPLATE = (more: string, permissions = '[]', guest = 'guest'): string =>
    TENANTS(`realm_templates:
  - uri: com.tenants.*
    auth: { anonymous: { role: ${guest} } }
    roles: { ${guest}: { permissions: ${permissions} } }
    ${more}`);

  test('C6 changes realm templates, and the realms that exist because of them', async () => {
    const { running, rewrite } = await serve(TEMPLATE('max_realms: 2'));
    const [url = ''] = urlsOf(running);
    const client = await Client.join(url, 'com.tenants.a');
    expect(await client.said([32, 1, {}, 'com.a'])).toBe('wamp.error.not_authorized');
    await rewrite(TEMPLATE('history: [{ topic: com.a }]', '[{ uri: com.a, allow: [subscribe] }]'));
    const changed = 'max_realms, roles, history changed; history for realms that are created from now on';
    expect((await running.reload(true)).lines).toEqual([`realm template com.tenants.*: ${changed}`]);
    expect(await client.said([32, 2, {}, 'com.a'])).toBe('wamp.error.not_authorized');
    await running.reload();
    expect(await client.said([32, 3, {}, 'com.a'])).toBe(33);
    const other = await Client.join(url, 'com.tenants.b');
    expect(await other.said([32, 1, {}, 'com.a'])).toBe(33);
    // Both have been given the same permissions, which change for both.
    await rewrite(TEMPLATE('idle: 1m'));
    expect((await running.reload()).ok).toBe(true);
    expect(await client.said([32, 4, {}, 'com.b'])).toBe('wamp.error.not_authorized');
    expect(await other.said([32, 2, {}, 'com.b'])).toBe('wamp.error.not_authorized');
    expect(await running.reload()).toEqual({ ok: true, lines: [] });
    await rewrite(TEMPLATE('', '[]', 'visitor'));
    expect((await running.reload()).lines).toEqual([
      'realm template com.tenants.*: idle, auth, roles changed; sessions with the role guest end; ' +
        'sessions whose principal is gone, or has another role, end',
    ]);
    expect(await client.heard()).toEqual([6, expect.anything(), 'wamp.close.reconfigured']);
    expect(await other.heard()).toEqual([6, expect.anything(), 'wamp.close.reconfigured']);
  });

  test('C6 closes the realms of a template that is gone, and those that a realm of the file replaces', async () => {
    const { running, rewrite } = await serve(TENANTS('realm_templates: [{ uri: com.* }, { uri: org.* }]'));
    const [url = ''] = urlsOf(running);
    const [one, two] = [await Client.join(url, 'com.a'), await Client.join(url, 'com.b')];
    const three = await Client.join(url, 'org.a');
    await rewrite(
      `${LISTENERS}realms: [{ name: one }, { name: com.a, quotas: { subscriptions: 0 } }]\nrealm_templates: [{ uri: com.* }]`,
    );
    const lines = ['realm com.a: opened', 'realm template org.*: removed; the sessions of its realms end'];
    expect(await running.reload()).toEqual({ ok: true, lines });
    expect(await one.heard()).toEqual([6, {}, 'wamp.close.close_realm']);
    expect(await three.heard()).toEqual([6, {}, 'wamp.close.close_realm']);
    expect(await two.said([32, 1, {}, 'com.x'])).toBe(33);
    const again = await Client.join(url, 'com.a');
    expect(await again.said([32, 1, {}, 'com.x'])).toBe('wamp.error.limit_exceeded');
    await rewrite(
      `${LISTENERS}realms: [{ name: one }]\nrealm_templates: [{ uri: com.*, quotas: { subscriptions: 1 } }]`,
    );
    expect((await running.reload()).lines).toEqual([
      'realm com.a: closed; its sessions end',
      'realm template com.*: quotas changed',
    ]);
    expect(await again.heard()).toEqual([6, {}, 'wamp.close.close_realm']);
    expect(await (await Client.join(url, 'com.a')).said([32, 1, {}, 'com.x'])).toBe(33);
  });

  test('adds, removes and changes realms, and sessions elsewhere go on', async () => {
    const { running, codes, rewrite } = await serve(`${LISTENERS}realms: [{ name: one }, { name: two }]`);
    const [url = ''] = urlsOf(running);
    const [one, two] = [await Client.join(url, 'one'), await Client.join(url, 'two')];
    await rewrite(`${LISTENERS}realms: [{ name: one, quotas: { subscriptions: 0 } }, { name: three }]`);
    const lines = ['realm two: closed; its sessions end', 'realm one: quotas changed', 'realm three: opened'];
    expect(await running.reload(true)).toEqual({ ok: true, lines });
    expect(await one.said([32, 1, {}, 'com.a'])).toBe(33);
    expect(await running.reload()).toEqual({ ok: true, lines });
    expect(await two.heard()).toEqual([6, {}, 'wamp.close.close_realm']);
    expect(await one.said([32, 2, {}, 'com.b'])).toBe('wamp.error.limit_exceeded');
    await Client.join(url, 'three');
    expect(await running.reload()).toEqual({ ok: true, lines: [] });
    expect(codes.filter((code) => code === 'configuration_reloaded')).toHaveLength(2);
  });

  const ROLES = (
    guest: string,
    user = 'user: { permissions: [] }',
    principals = 'joe: { role: user, ticket: a }',
  ) => `
${LISTENERS}realms:
  - name: realm1
    auth: { anonymous: { role: guest }, ticket: { principals: { ${principals} } } }
    roles: { guest: { permissions: ${guest} }, ${user} }
`;
  const MAY = '[{ uri: com.a, allow: [subscribe] }]';
  const joe = { authmethods: ['ticket'], authid: 'joe' };

  test('has rights hold from the next action on', async () => {
    const { running, rewrite } = await serve(ROLES('[]'));
    const client = await Client.join(urlsOf(running)[0] ?? '', 'realm1');
    expect(await client.said([32, 1, {}, 'com.a'])).toBe('wamp.error.not_authorized');
    await rewrite(ROLES(MAY));
    await running.reload();
    expect(await client.said([32, 2, {}, 'com.a'])).toBe(33);
    await rewrite(ROLES('[]'));
    await running.reload();
    expect(await client.said([32, 3, {}, 'com.a'])).toBe('wamp.error.not_authorized');
  });

  test('ends politely the sessions whose role or principal is gone, and those alone', async () => {
    const { running, codes, rewrite } = await serve(
      ROLES(MAY, undefined, 'joe: { role: user, ticket: a }, ann: { role: user, ticket: b }'),
    );
    const [url = ''] = urlsOf(running);
    const guest = await Client.join(url, 'realm1');
    const user = await Client.join(url, 'realm1', joe);
    expect(await user.said([5, 'a', {}])).toBe(2);
    await rewrite(ROLES(MAY, undefined, 'ann: { role: user, ticket: b }'));
    await running.reload();
    expect(await user.heard()).toEqual([
      6,
      { message: 'joe is no longer admitted' },
      'wamp.close.reconfigured',
    ]);
    expect(await guest.said([32, 1, {}, 'com.a'])).toBe(33);
    expect(codes).toContain('session_ended_by_reload');
    const again = await Client.join(url, 'realm1', joe);
    expect(await again.said([5, 'a', {}])).toBe(3);
  });

  test('changes limits, names what it cannot change, and changes the level of the log', async () => {
    const { running, codes, rewrite } = await serve(`${LISTENERS}realms: [{ name: realm1 }]`);
    await rewrite(`${LISTENERS}realms: [{ name: realm1, uri_rules: strict }]
limits: { hello_timeout: 9s, ping_interval: 7s }
drain: 1s
log: { level: debug }
admin: { listener: { port: 0 } }`);
    expect((await running.reload()).lines).toEqual([
      'realms realm1 uri_rules: cannot change while the router runs; restart it to apply that',
      'limits.hello_timeout: changed',
      'limits.ping_interval: cannot change while the router runs; restart it to apply that',
      'drain: changed',
      'log.level: changed',
      'admin.listener: cannot change while the router runs; restart it to apply that',
    ]);
    await Client.join(urlsOf(running)[0] ?? '', 'realm1');
    expect(codes).toContain('session_joined');
  });

  test('of a broken file changes nothing, and says why', async () => {
    const { running, codes, rewrite } = await serve(`${LISTENERS}realms: [{ name: one }]`);
    const client = await Client.join(urlsOf(running)[0] ?? '', 'one');
    await rewrite(`${LISTENERS}realms: [{ nam: two }]`);
    const { ok, lines } = await running.reload();
    expect(ok).toBe(false);
    expect(lines.join()).toMatch(/wamp\.yaml:2:12: realms\[0\]\.nam: is not known here, did you mean name\?/);
    expect(await client.said([32, 1, {}, 'com.a'])).toBe(33);
    expect(codes).toContain('configuration_refused');
  });

  test('that cannot open a new listener changes nothing', async () => {
    const { running, rewrite } = await serve(`${LISTENERS}realms: [{ name: one }]`);
    const client = await Client.join(urlsOf(running)[0] ?? '', 'one');
    const { port } = new URL(urlsOf(running)[0] ?? '');
    await rewrite(
      `listeners: [{ port: 0, pages: false }, { port: ${port}, pages: false }]\nrealms: [{ name: two }]`,
    );
    expect(await running.reload()).toEqual({
      ok: false,
      lines: [`port ${port} on 127.0.0.1 is in use; choose another, or 0 for any free one`],
    });
    expect(await client.said([32, 1, {}, 'com.a'])).toBe(33);
  });

  test('opens and closes listeners, and sessions of those that are closed go on', async () => {
    const path = join(folder.path, 'second.sock');
    const { running, rewrite } = await serve(`${LISTENERS}realms: [{ name: one }]`);
    const [url = ''] = urlsOf(running);
    const client = await Client.join(url, 'one');
    await rewrite(`listeners: [{ unix: '${path}', pages: false }]\nrealms: [{ name: one }]`);
    expect((await running.reload()).ok).toBe(true);
    await expect(WebSocketEnd.connect(url, json)).rejects.toThrow();
    await Client.join(`ws+unix://${path}:/ws`, 'one');
    expect(await client.said([32, 1, {}, 'com.a'])).toBe(33);
  });

  test('shows a renewed certificate in the next handshake', async () => {
    const listener =
      'listeners: [{ port: 0, pages: false, tls: { certificate: used.pem, key: used-key.pem } }]';
    const copy = (from: string, to: string): void => {
      writeFileSync(join(folder.path, to), readFileSync(join(folder.path, from)));
    };
    copy('certificate.pem', 'used.pem');
    copy('key.pem', 'used-key.pem');
    const { running } = await serve(`${listener}\nrealms: [{ name: one }]`);
    const port = Number(new URL(urlsOf(running)[0] ?? '').port);
    const shown = async (): Promise<string> => {
      const socket = connectTls({ port, rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    const before = await shown();
    copy('renewed.pem', 'used.pem');
    copy('renewed-key.pem', 'used-key.pem');
    expect((await running.reload()).lines).toEqual([
      'listener 127.0.0.1 port 0: certificate renewed, for handshakes to come',
    ]);
    expect(await shown()).not.toBe(before);
  });
});

test('files that are watched count as changed once they have settled', async () => {
  const file = await folder.write('watched.yaml', 'a');
  const watch = new FileWatch(() => [file, join(folder.path, 'missing')]);
  expect(watch.hasSettled()).toBe(false);
  await folder.write('watched.yaml', 'ab');
  expect([watch.hasSettled(), watch.hasSettled(), watch.hasSettled()]).toEqual([false, true, false]);
});

test('C1 SIGHUP reloads, and wamp-router reload says what that does', async () => {
  const page = { 'index.html': '<title>stand-in</title>' };
  await using workshop = await Workshop.open({ chat: page, dashboard: page });
  const socket = join(folder.path, 'admin.sock');
  const yaml = (realms: string): string =>
    `${LISTENERS}realms: [${realms}]\nlog: { level: info }\nadmin: { socket: '${socket}' }\n`;
  const file = await folder.write('wamp.yaml', yaml('{ name: one }'));
  const router = await workshop.startFrom(file);
  await folder.write('wamp.yaml', yaml('{ name: one }, { name: two }'));
  const ask = (...more: string[]) => workshop.run(['reload', '--config', file, ...more]);
  expect(await ask('--dry-run')).toEqual({ code: 0, stdout: 'realm two: opened\n', stderr: '' });
  expect(await ask()).toEqual({ code: 0, stdout: 'realm two: opened\n', stderr: '' });
  expect(await ask()).toEqual({ code: 0, stdout: 'nothing changes\n', stderr: '' });
  router.kill('SIGHUP');
  expect(await ask()).toEqual({ code: 0, stdout: 'nothing changes\n', stderr: '' });
  await folder.write('wamp.yaml', yaml('{ nam: one }'));
  expect(await ask()).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('did you mean name?') as string,
  });
  router.kill('SIGTERM');
  const { code, stderr } = await router.ended;
  expect(code).toBe(0);
  expect(stderr.match(/"code":"configuration_reloaded"/g)?.length).toBe(4);
  await folder.write('wamp.yaml', yaml('{ name: one }'));
  expect(await ask()).toMatchObject({ code: 1, stderr: expect.stringContaining('does it run?') as string });
});
