/** The router and the service of the chat, as `npm start` configures them, on a free port and in a folder of their own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { scram } from '@wamp/client/scram';
import { prepareDemo } from '../../../../scripts/demo.mjs';
import { PATIENT, startWithWebApps, type RunningRouter } from '../../../router/test/workshop.ts';
import type { ChatApi } from '../../src/common/contract.ts';
import { verifierOf } from '../../src/common/verifier.ts';
import { openDatabase } from '../../src/service/database.ts';
import { createDemo } from '../../src/service/demo.ts';
import { startService, type Service } from '../../src/service/service.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A session of an account. */
export type ChatSession = Session<ChatApi>;

export class Demo implements AsyncDisposable {
  readonly folder: string;
  readonly #configuration: string;
  readonly #env: Readonly<Record<string, string>>;
  #router: RunningRouter | undefined;
  #service: Service | undefined;

  private constructor(folder: string, configuration: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.#configuration = configuration;
    this.#env = env;
  }

  static async start(): Promise<Demo> {
    const folder = await mkdtemp(join(tmpdir(), 'wamp-chat-'));
    const { configuration, env } = await prepareDemo(root, { host: '127.0.0.1', port: 0 }, folder);
    const sections = JSON.parse(await readFile(configuration, 'utf8')) as Readonly<Record<string, unknown>>;
    await writeFile(configuration, JSON.stringify({ ...sections, limits: PATIENT }));
    const demo = new Demo(folder, configuration, env);
    await demo.startRouter();
    const database = openDatabase(env['CHAT_DATABASE'] ?? '');
    demo.#service = await startService({ url: demo.url, secret: env['CHAT_SECRET'] ?? '', database });
    await createDemo(demo.#service, demo.url);
    return demo;
  }

  get url(): string {
    return this.#env['CHAT_ROUTER'] ?? '';
  }

  get page(): string {
    return `${this.url.replace(/^ws/, 'http').replace(/ws$/, '')}chat/`;
  }

  /** The password of the operator of the console. */
  get consolePassword(): string {
    return this.#env['CONSOLE_PASSWORD'] ?? '';
  }

  get service(): Service {
    if (this.#service === undefined) throw new Error('the service does not run');
    return this.#service;
  }

  async startRouter(): Promise<void> {
    this.#router = await startWithWebApps(['--config', this.#configuration], this.#env);
  }

  /** Ends the router in order, or at once. */
  async stopRouter(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#router?.kill(signal);
    await this.#router?.ended;
    this.#router = undefined;
  }

  /** A session of a demo account. */
  logIn(name: string, password: string): Promise<ChatSession> {
    const auth = scram(name, password);
    return connect<ChatApi>(this.url, { realm: 'chat', auth, serializers: [msgpack], reconnect: false });
  }

  /** A session of a new account. */
  async signUp(name: string): Promise<ChatSession> {
    const password = 'a-new-password';
    this.service.accounts.create(name, await verifierOf(password));
    return this.logIn(name, password);
  }

  /** All bytes of its files, as Latin-1. */
  async filesAsText(): Promise<string> {
    const names = ['chat.db', 'chat.db-wal', 'events.db', 'events.db-wal', 'wamp.yaml'];
    const read = names.map((name) => readFile(join(this.folder, name), 'latin1').catch(() => ''));
    return (await Promise.all(read)).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.session.close();
    await this.stopRouter();
    await rm(this.folder, { recursive: true });
  }
}
