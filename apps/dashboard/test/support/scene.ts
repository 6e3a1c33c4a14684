/** A router with an admin realm and the console as it was built, and clients that keep it busy: for tests and pictures of the console. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { connect, type Session } from '../../../../packages/client/src/index.ts';
import { rawSocket } from '../../../../packages/client/src/rawsocket.ts';
import { scramCredentials } from '../../../../packages/router/src/index.ts';
import { PATIENT, startWithWebApps, type RunningRouter } from '../../../router/test/workshop.ts';

/** Names and secrets of the operators, who differ in what they may do. */
export const OPERATOR = { authid: 'olga', secret: 'pencil-and-paper' };
export const VIEWER = { authid: 'vera', secret: 'only-looking' };

const CONFIGURATION = `
listeners: [{ address: 127.0.0.1, port: PORT }]
log: { level: error }
limits: ${JSON.stringify(PATIENT)}
realms:
  - name: realm1
  - name: com.example.shop
  - name: com.example.quiet
admin:
  realm:
    auth:
      scram:
        principals:
          olga: ${JSON.stringify({ role: 'operator', ...(await keysOf(OPERATOR.secret)) })}
      wampcra:
        principals:
          olga: { role: operator, secret: pencil-and-paper }
      ticket:
        principals:
          olga: { role: operator, ticket: pencil-and-paper }
          vera: { role: viewer, ticket: only-looking }
    roles:
      operator: { permissions: [{ uri: wamp.admin.*, allow: [call] }] }
      viewer:
        permissions:
          - { uri: wamp.admin.realm.list, allow: [call] }
          - { uri: wamp.admin.samples, allow: [call] }
    payloads: [operator]
`;

/** Keys that are derived in no time, unlike those of most passwords: each test starts a router, and logs in. */
async function keysOf(password: string): Promise<object> {
  const { storedKey, serverKey, ...rest } = await scramCredentials(password, {
    kdf: 'pbkdf2',
    iterations: 4096,
  });
  return { ...rest, stored_key: storedKey, server_key: serverKey };
}

export class Scene implements AsyncDisposable {
  #router: RunningRouter;
  readonly #folder: string;
  readonly #more: string;
  readonly #sessions: Session[] = [];

  private constructor(router: RunningRouter, folder: string, more: string) {
    this.#router = router;
    this.#folder = folder;
    this.#more = more;
  }

  /** @param more sections of the configuration besides those that all scenes have */
  static async open(more = ''): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'wamp-console-'));
    return new Scene(await startIn(folder, '0', more), folder, more);
  }

  /** Such as `http://127.0.0.1:41234`. */
  get origin(): string {
    return this.#router.origin;
  }

  /** Stops the router. @returns what starts another one at the same address */
  async stop(): Promise<() => Promise<void>> {
    const { port } = new URL(this.origin);
    await this.#router[Symbol.asyncDispose]();
    return async () => {
      this.#router = await startIn(this.#folder, port, this.#more);
    };
  }

  /** The address of the console, at a place in it. */
  at(place = ''): string {
    return `${this.origin}/dashboard/${place}`;
  }

  /** A client of a realm, by the transport that takes least to open: there are tests with thousands. */
  async join(realm = 'realm1'): Promise<Session> {
    const session = await connect(this.origin.replace('http', 'rs'), {
      realm,
      transport: rawSocket(),
      reconnect: false,
    });
    this.#sessions.push(session);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#sessions.map((session) => session.close()));
    await this.#router[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

async function startIn(folder: string, port: string, more: string): Promise<RunningRouter> {
  const file = join(folder, 'wamp.yaml');
  await writeFile(file, CONFIGURATION.replace('PORT', port) + more);
  return startWithWebApps(['--config', file]);
}

/** Fills in the log-in, and sends it. */
export async function logInAs(
  page: Page,
  { authid, secret }: typeof OPERATOR,
  method?: string,
): Promise<void> {
  await page.getByLabel('Name', { exact: true }).fill(authid);
  await page.getByLabel('Secret').fill(secret);
  if (method !== undefined) {
    await page.getByText('Method, realm and router').click();
    await page.getByRole('combobox', { name: 'Method' }).selectOption(method);
  }
  await page.getByRole('button', { name: 'Log in' }).click();
}
