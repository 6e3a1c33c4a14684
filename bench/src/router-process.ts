/** `wamp-router` in a process of its own, and its commands, run from source unless told otherwise. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../apps/router/src/main.ts', import.meta.url));
const FROM_SOURCE: readonly string[] = ['--conditions=@wamp/source', '--import', 'tsx', MAIN];

/** The outcome of a command of `wamp-router`. */
export interface Outcome {
  readonly code: number;
  readonly output: string;
}

export class RouterProcess {
  /** The configuration file. */
  readonly file: string;
  readonly folder: string;
  readonly #program: readonly string[];
  readonly #child: ChildProcess;
  readonly #greeting: string;

  private constructor(file: string, program: readonly string[], child: ChildProcess, greeting: string) {
    this.folder = dirname(file);
    this.file = file;
    this.#program = program;
    this.#child = child;
    this.#greeting = greeting;
  }

  /**
   * Starts a router with this configuration.
   * @param folder where its file is written
   * @param program the arguments of node that stand for `wamp-router`
   */
  static async start(
    folder: string,
    yaml: string,
    program: readonly string[] = FROM_SOURCE,
  ): Promise<RouterProcess> {
    const file = join(folder, 'wamp.yaml');
    writeFileSync(file, yaml);
    const stdio: ['ignore', 'pipe', 'inherit'] = ['ignore', 'pipe', 'inherit'];
    const child = spawn(process.execPath, [...program, 'start', '--config', file], { stdio });
    let greeting = '';
    for await (const part of child.stdout.setEncoding('utf8')) {
      greeting += String(part);
      if (greeting.includes('Ctrl+C')) break;
    }
    return new RouterProcess(file, program, child, greeting);
  }

  /** The URL of WebSockets. @param scheme `ws` or `wss` */
  url(scheme: 'ws' | 'wss'): string {
    const [url] = new RegExp(`${scheme}://\\S+`).exec(this.#greeting) ?? [];
    if (url === undefined) throw new Error(`the router has no ${scheme} listener:\n${this.#greeting}`);
    return url;
  }

  /** Replaces the configuration file. */
  write(yaml: string): void {
    writeFileSync(this.file, yaml);
  }

  /** Runs `wamp-router reload` and waits for its outcome. */
  reload(): Promise<Outcome> {
    return new Promise((resolve) => {
      const args = [...this.#program, 'reload', '--config', this.file];
      execFile(process.execPath, args, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({ code, output: `${stdout}${stderr}`.trim().replaceAll(this.folder, '.') });
      });
    });
  }

  /** Stops the router gracefully. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Kills the router with SIGKILL. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null) throw new Error(`the router ended with code ${this.#child.exitCode}`);
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}

/** Makes a self-signed certificate for 127.0.0.1. @returns the certificate, in PEM */
export function makeCertificate(folder: string): string {
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', certificate];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...files, ...subject], { stdio: 'ignore' });
  return readFileSync(certificate, 'utf8');
}
