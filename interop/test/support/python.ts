/** A client on autobahn-python, in a process of its own: see ../../python/peer.py. */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Content, Make, Peer } from './peers.ts';
import { REALM } from './router.ts';
import type { SerializerName } from './serializers.ts';

const PEER = fileURLToPath(new URL('../../python/peer.py', import.meta.url));
const NEEDED = 'import autobahn.asyncio.wamp, cbor2, msgpack';

/** The interpreter that has autobahn. Debian's packages are for Debian's own, which need not be the first. */
export function findPython(): string | undefined {
  return ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', NEEDED]).status === 0);
}

export const HOW_TO_GET_PYTHON = 'needs autobahn-python: apt-get install python3-autobahn python3-cbor2';

/** An error of WAMP as Python shows it. */
class PythonError extends Error {
  readonly uri: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;

  constructor({ error, args, kwargs }: { error: string } & Content) {
    super(`${error} ${JSON.stringify(args)}`);
    this.uri = error;
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** What a handler was told: the payload, and the details of the event or invocation. */
export interface Seen extends Content {
  readonly details: Readonly<Record<string, unknown>>;
}

/** What a line of the program may say. */
interface Line {
  readonly id?: number;
  readonly ok?: unknown;
  readonly error?: { error: string } & Content;
  readonly event?: Seen;
  readonly invocation?: Seen;
  readonly interrupted?: string;
  readonly joined?: Readonly<Record<string, unknown>>;
  readonly left?: { readonly reason: string };
}

interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

type Process = ChildProcessByStdio<Writable, Readable, Readable>;

export class PythonPeer {
  /** What WELCOME said. */
  welcome: Readonly<Record<string, unknown>> = {};
  readonly events: Seen[] = [];
  readonly invocations: Seen[] = [];
  /** Procedures whose handlers were interrupted. */
  readonly interrupted: string[] = [];
  /** What the library or the interpreter complained of. */
  complaints = '';
  /** Resolves with the reason when the session is over. */
  readonly left: Promise<string>;
  /** Hears of every event and invocation. */
  onSeen: ((kind: 'event' | 'invocation', seen: Seen) => void) | undefined;
  readonly #process: Process;
  readonly #waiters = new Map<number, Waiter>();
  #requests = 0;

  /**
   * @param serializer `default` for what the library offers by itself
   * @param login the method, and what the library needs for it; anonymous by default
   */
  static async join(
    python: string,
    url: string,
    serializer: SerializerName | 'default',
    realm: string = REALM,
    login?: Readonly<Record<string, string>>,
  ): Promise<PythonPeer> {
    const args = [PEER, url, realm, serializer, ...(login === undefined ? [] : [JSON.stringify(login)])];
    const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', kill);
    child.once('close', () => process.off('exit', kill));
    return new Promise((resolve, reject) => {
      const peer: PythonPeer = new PythonPeer(child, (line) => {
        if (line.joined === undefined) return;
        peer.welcome = line.joined;
        resolve(peer);
      });
      void peer.left.then((reason) => {
        reject(new Error(reason));
      });
    });
  }

  private constructor(child: Process, listen: (line: Line) => void) {
    this.#process = child;
    this.left = new Promise((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        this.complaints += text;
      });
      createInterface(child.stdout).on('line', (text) => {
        const line = fromJson(JSON.parse(text)) as Line;
        this.#hear(line);
        listen(line);
        if (line.left !== undefined) resolve(line.left.reason);
      });
      child.on('close', () => {
        const reason = `the program has ended: ${this.complaints}`;
        for (const { reject } of this.#waiters.values()) reject(new Error(reason));
        resolve(reason);
      });
    });
  }

  request(what: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const id = (this.#requests += 1);
    const answer = new Promise((resolve, reject) => this.#waiters.set(id, { resolve, reject }));
    this.#process.stdin.write(`${JSON.stringify(toJson({ id, do: what, ...fields }))}\n`);
    return answer;
  }

  /** The result, and what progress there was before it. */
  async call(
    procedure: string,
    content: Partial<Content> = {},
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<Content & { readonly progress: readonly unknown[] }> {
    return (await this.request('call', { procedure, ...content, options })) as Awaited<
      ReturnType<PythonPeer['call']>
    >;
  }

  /** The publication's id. */
  async publish(
    topic: string,
    content: Partial<Content> = {},
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<number> {
    return Number(await this.request('publish', { topic, ...content, options }));
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      this.#process.once('close', () => {
        resolve();
      });
    });
    this.request('leave').catch(() => undefined);
    await ended;
  }

  #hear({ id, ok, error, event, invocation, interrupted }: Line): void {
    if (event !== undefined) {
      this.events.push(event);
      this.onSeen?.('event', event);
    }
    if (invocation !== undefined) {
      this.invocations.push(invocation);
      this.onSeen?.('invocation', invocation);
    }
    if (interrupted !== undefined) this.interrupted.push(interrupted);
    const waiter = id === undefined ? undefined : this.#waiters.get(id);
    if (id === undefined || waiter === undefined) return;
    this.#waiters.delete(id);
    if (error === undefined) waiter.resolve(ok);
    else waiter.reject(new PythonError(error));
  }
}

/** autobahn-python over one serializer, as one more make of client. */
export function pythonMake(python: string, serializer: SerializerName): Make {
  return {
    name: `autobahn-python ${serializer}`,
    bytesAreText: false,
    resultOfNullIsNothing: true,
    join: async (url) => asPeer(await PythonPeer.join(python, url, serializer)),
  };
}

function asPeer(peer: PythonPeer): Peer {
  const watch = (kind: 'event' | 'invocation', seen: (content: Content) => void): void => {
    const before = peer.onSeen;
    peer.onSeen = (happened, what) => {
      before?.(happened, what);
      if (happened === kind) seen({ args: what.args, kwargs: what.kwargs });
    };
  };
  return {
    call: async (procedure, content) => {
      const { args, kwargs } = await peer.call(procedure, content);
      return { args, kwargs };
    },
    registerEcho: async (procedure, seen) => {
      watch('invocation', seen);
      await peer.request('register', { procedure });
    },
    publish: async (topic, content) => {
      await peer.publish(topic, content);
    },
    subscribe: async (topic, seen) => {
      watch('event', seen);
      await peer.request('subscribe', { topic });
    },
    close: () => peer.close(),
  };
}

function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

function fromJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromJson);
  if (typeof value !== 'object' || value === null) return value;
  if ('$bytes' in value) return new Uint8Array(Buffer.from(String(value.$bytes), 'base64'));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromJson(item)]));
}
