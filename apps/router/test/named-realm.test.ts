/** DYN-1: a procedure puts its clients into other realms, as far as the configuration allows, and what a reload changes in that. */
import { json, type Transport } from '@wamp/protocol';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
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

/** A client that speaks in messages. */
class Client {
  readonly #end: Transport;
  readonly #heard = new Inbox<readonly unknown[]>();

  constructor(end: Transport) {
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

  static async at(url: string): Promise<Client> {
    return new Client(await WebSocketEnd.connect(url, json));
  }

  send(message: readonly unknown[]): void {
    this.#end.send(json.encodePayload(message, {}, 1));
  }

  ask(message: readonly unknown[]): Promise<readonly unknown[]> {
    this.send(message);
    return this.heard();
  }

  heard(): Promise<readonly unknown[]> {
    return this.#heard.take();
  }
}

interface Parts {
  /** The keys of the procedure. */
  readonly source?: string;
  /** The roles of `acme`. */
  readonly roles?: string;
  readonly more?: string;
}

const ACME = 'clerk: { permissions: [{ uri: com.a, allow: [subscribe] }] }';

function yaml({ source = 'realms: [acme, tenant.*]', roles = ACME, more = '' }: Parts = {}): string {
  return `
listeners: [{ port: 0, pages: false }]
realms:
  - name: front
    auth: { anonymous: { procedure: com.auth, realm: back, ${source} } }
    roles: { clerk: { permissions: [] } }
  - name: back
  - name: acme
    auth: { anonymous: { role: guest } }
    roles: { guest: { permissions: [] }, ${roles} }
realm_templates:
  - uri: tenant.*
    auth: { anonymous: { role: guest } }
    roles: { guest: { permissions: [] }, ${ACME} }
${more}`;
}

interface Stage {
  readonly running: Running;
  readonly url: string;
  readonly entries: readonly Record<string, unknown>[];
  readonly rewrite: (text: string) => Promise<unknown>;
  /** Logs in to `front`; the procedure returns `answer`. Resolves with the client, and what it hears. */
  readonly logIn: (answer: object) => Promise<{ client: Client; told: readonly unknown[] }>;
}

async function serve(text: string): Promise<Stage> {
  const file = await folder.write('named.yaml', text);
  const entries: Record<string, unknown>[] = [];
  const write = (line: string) => entries.push(JSON.parse(line) as Record<string, unknown>);
  const running = await start(loadConfiguration(file), false, logTo({ write }, 'info'));
  onTestFinished(() => running.stop());
  const [greeting = ''] = running.greeting.split('\n  realm', 1);
  const url = greeting.split(/\s+/).find((word) => word.startsWith('ws')) ?? '';
  const backend = await Client.at(url);
  await backend.ask([1, 'back', { roles: { callee: {} } }]);
  await backend.ask([64, 1, {}, 'com.auth']);
  const logIn: Stage['logIn'] = async (answer) => {
    const client = await Client.at(url);
    const told = client.ask([1, 'front', { roles: { subscriber: {} } }]);
    const [, request] = await backend.heard();
    backend.send([70, request, {}, [answer]]);
    return { client, told: await told };
  };
  return { running, url, entries, rewrite: (next) => folder.write('named.yaml', next), logIn };
}

const INTO = (realm: string, role = 'clerk') => ({ role, realm });

describe('DYN-1 a procedure of a configuration', () => {
  test('names a realm of its list', async () => {
    const { logIn } = await serve(yaml());
    const { client, told } = await logIn(INTO('acme'));
    expect(told).toEqual([
      2,
      expect.any(Number),
      expect.objectContaining({ realm: 'acme', authrole: 'clerk' }),
    ]);
    expect((await client.ask([32, 1, {}, 'com.a']))[0]).toBe(33);
    expect((await logIn(INTO('tenant.one'))).told[2]).toMatchObject({ realm: 'tenant.one' });
    expect((await logIn({ role: 'clerk' })).told[2]).toMatchObject({ realm: 'front' });
  });

  test.each([
    ['a realm outside its list', INTO('back'), 'authentication_failed'],
    ['the realm for administration', INTO('wamp.admin'), 'authentication_failed'],
    ['a role that the realm lacks', INTO('acme', 'boss'), 'no_such_role'],
    ['a role that the template lacks', INTO('tenant.one', 'boss'), 'no_such_role'],
  ])('does not admit with %s, and the log says why', async (_what, answer, uri) => {
    const { logIn, entries } = await serve(yaml());
    const { told } = await logIn(answer);
    expect(told[2]).toBe(`wamp.error.${uri}`);
    const entry = entries.find(({ code }) => code === 'authentication_failed');
    expect(entry).toMatchObject({ realm: 'front', method: 'anonymous' });
    expect(JSON.stringify(entry)).toContain(`named the realm ${answer.realm}`);
  });

  test('names no realm without a list', async () => {
    const { logIn } = await serve(yaml({ source: '' }));
    expect((await logIn(INTO('acme'))).told[2]).toBe('wamp.error.authentication_failed');
  });
});

describe('DYN-1 a reload', () => {
  const gone = (why: string) => [6, { message: why }, 'wamp.close.reconfigured'];

  test('that takes a realm from the list ends the sessions there that came by it, and those alone', async () => {
    const { logIn, running, rewrite, url, entries } = await serve(yaml());
    const { client } = await logIn(INTO('acme'));
    const { client: tenant } = await logIn(INTO('tenant.one'));
    const guest = await Client.at(url);
    await guest.ask([1, 'acme', { roles: { subscriber: {} } }]);
    await rewrite(yaml({ source: 'realms: [tenant.*]' }));
    expect((await running.reload()).ok).toBe(true);
    expect(await client.heard()).toEqual(gone('the authenticator of front may no longer name acme'));
    expect((await tenant.ask([32, 1, {}, 'com.a']))[0]).toBe(33);
    expect((await guest.ask([32, 1, {}, 'com.a']))[4]).toBe('wamp.error.not_authorized');
    expect(entries.filter(({ code }) => code === 'session_ended_by_reload')).toHaveLength(1);
    expect((await logIn(INTO('acme'))).told[2]).toBe('wamp.error.authentication_failed');
  });

  test('of the authentication of a realm does not end sessions that have logged in elsewhere', async () => {
    const { logIn, running, rewrite } = await serve(yaml());
    const { client } = await logIn(INTO('acme'));
    await rewrite(
      yaml().replace(
        'anonymous: { role: guest } }\n    roles: { guest',
        'ticket: { principals: {} } }\n    roles: { guest',
      ),
    );
    expect((await running.reload()).lines.join()).toContain('realm acme: auth changed');
    expect((await client.ask([32, 1, {}, 'com.a']))[0]).toBe(33);
  });

  test('that removes the role, or the realm of the log-in, ends them', async () => {
    const { logIn, running, rewrite } = await serve(yaml());
    const { client } = await logIn(INTO('acme'));
    await rewrite(yaml({ roles: 'boss: { permissions: [] }' }));
    await running.reload();
    expect(await client.heard()).toEqual(gone('the role clerk is gone'));
    expect((await logIn(INTO('acme'))).told[2]).toBe('wamp.error.no_such_role');
    const { client: boss } = await logIn(INTO('acme', 'boss'));
    await rewrite(yaml({ roles: 'boss: { permissions: [] }' }).replace('name: front', 'name: other'));
    await running.reload();
    expect(await boss.heard()).toEqual(gone('the realm front, where it has logged in, is gone'));
  });

  test('that removes the realm named ends its sessions, as those of any realm', async () => {
    const { logIn, running, rewrite } = await serve(yaml({ source: 'realms: [ac*]' }));
    const { client } = await logIn(INTO('acme'));
    await rewrite(yaml({ source: 'realms: [ac*]' }).replace('name: acme', 'name: other'));
    expect((await running.reload()).lines).toContain('realm acme: closed; its sessions end');
    expect(await client.heard()).toEqual([6, {}, 'wamp.close.close_realm']);
    expect((await logIn(INTO('acme'))).told[2]).toBe('wamp.error.no_such_realm');
  });
});
