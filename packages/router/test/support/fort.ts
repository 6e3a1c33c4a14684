/** Fort: a router that strangers attack over real sockets, while witnesses go on who must lose nothing. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import { compiled } from '../../../../test/compiled.ts';
import { HOLDINGS, type Health, type Holdings } from './fort-questions.ts';
import { Inbox } from './inbox.ts';
import { dropStrangers } from './stranger.ts';
import { Witnesses } from './witnesses.ts';

const MIB = 1024 * 1024;
/** How much more the heap may hold after an attack, once garbage is gone: the traces of compiled code (bytes). */
const HEAP_BOUND = 4 * MIB;
/**
 * How much more memory the process may have after an attack: one queue, and what the allocator keeps (bytes). From Node 22
 * on, V8 keeps more of it for a while after the same attack; the bound on the heap is the same.
 */
const RSS_BOUND = (Number(process.versions.node.split('.')[0]) >= 22 ? 96 : 48) * MIB;
/** How often the router is asked whether it is as before: meanwhile, sockets may have closed. */
const LOOKS = 1000;

export class Fort implements AsyncDisposable {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #witnesses: Witnesses;
  readonly #answers = new Inbox<Health | Holdings | undefined>();
  readonly #ended: Promise<unknown>;
  #complaints = '';

  private constructor(child: ChildProcess, port: number, witnesses: Witnesses) {
    this.#child = child;
    this.port = port;
    this.#witnesses = witnesses;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#complaints += text));
    child.on('message', (answer: Health | Holdings) => this.#answers.put(answer));
    this.#ended = once(child, 'close');
    void this.#ended.then(() => this.#answers.end(undefined));
  }

  /** @param setup one of `SETUPS` */
  static async open(setup = 'plain'): Promise<Fort> {
    const folder = await compiled({ process: 'packages/router/test/support/fort-process.ts' });
    const child = fork(join(folder, 'process.js'), [setup], {
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const fort = new Fort(child, port, await Witnesses.join(port));
    // What is compiled, and what the router makes once, is no trace of any attack.
    for (let round = 0; round < 200; round += 1) await fort.#witnesses.round();
    return fort;
  }

  url(path = '/ws'): string {
    return `ws://127.0.0.1:${this.port}${path}`;
  }

  /**
   * How the router is, once garbage is gone: collecting it takes a while.
   * @throws Error when the router is no more
   */
  async health(): Promise<Health> {
    return (await this.#ask('how are you?')) as Health;
  }

  /** What the router holds. @throws Error when the router is no more */
  async holdings(): Promise<Holdings> {
    return (await this.#ask(HOLDINGS)) as Holdings;
  }

  /** The answers come in the order of the questions. */
  async #ask(question: string): Promise<Health | Holdings> {
    if (this.#child.connected) this.#child.send(question);
    const answer = await this.#answers.take();
    if (answer === undefined) throw new Error(`the router has died: ${this.#complaints}`);
    return answer;
  }

  /**
   * Attacks, while the witnesses go on. Afterwards the strangers are dropped who have not been yet; the process is alive, the
   * witnesses have had all their answers, and the router holds what it held before, in its maps and in memory.
   */
  async withstands(attack: () => Promise<void>, bounds: { readonly rss?: number } = {}): Promise<void> {
    const before = await this.health();
    const going = this.#witnesses.goOn();
    try {
      await attack();
    } finally {
      await going.stop();
      dropStrangers();
    }
    const isAsBefore = async (): Promise<void> => {
      const after = await this.health();
      expect(after.holds).toEqual(before.holds);
      expect(after.heap - before.heap).toBeLessThan(HEAP_BOUND);
      expect(after.rss - before.rss).toBeLessThan(bounds.rss ?? RSS_BOUND);
      expect(after.faults).toEqual(before.faults);
    };
    for (let looks = 1; looks < LOOKS; looks += 1) {
      const isEmpty = isDeepStrictEqual(await this.holdings(), before.holds);
      try {
        if (isEmpty) {
          await isAsBefore();
          return;
        }
      } catch {
        // Memory may be freed later, by a thread of its own.
      }
      await sleep(20); // what is closing needs turns of two processes
    }
    await isAsBefore();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#witnesses.end();
    this.#child.kill();
    await this.#ended;
    if (this.#complaints !== '') throw new Error(`the router complained: ${this.#complaints}`);
  }
}
