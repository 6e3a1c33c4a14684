/** Follows the steps of a page in an empty folder: writes its files, runs its commands, and compares what they print. */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { run, StepFailed } from '../release/step.ts';
import type { Step } from './page.ts';

/** How long a command may take until it has printed what the page says (ms). */
const PATIENCE = 60_000;

/** A command that was left running, and the lines that it has printed. */
class Running {
  readonly command: string;
  readonly printed: string[] = [];
  readonly #process: ChildProcess;
  #changed: () => void = () => undefined;
  #hasEnded = false;

  constructor(command: string, folder: string) {
    this.command = command;
    const [program = '', ...args] = command.split(' ');
    this.#process = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      if (output === null) continue;
      createInterface(output).on('line', (line) => {
        this.printed.push(line);
        this.#changed();
      });
    }
    this.#process.once('exit', () => {
      this.#hasEnded = true;
      this.#changed();
    });
  }

  /** Resolves once it has printed these lines, and nothing else. */
  async prints(lines: readonly string[]): Promise<void> {
    const wanted = lines.join('\n');
    const isDone = (): boolean => this.printed.length >= lines.length || this.#hasEnded;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE);
      this.#changed = () => {
        if (!isDone()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#changed();
    });
    const printed = this.printed.join('\n');
    if (printed === wanted) return;
    throw new StepFailed(`${this.command}\nprints\n${printed}\nand the page says\n${wanted}`);
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}

/** Commands are those of a shell with nothing but `&&` in them. */
export class Reader implements AsyncDisposable {
  readonly #folder: string;
  /** What stands for what in the files and commands of the page. */
  readonly #replacements: ReadonlyMap<string, string>;
  readonly #running: Running[] = [];

  constructor(folder: string, replacements: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.#replacements = replacements;
  }

  /** A command whose output the page shows is left running; any other is to end with status 0. */
  async follow(step: Step): Promise<void> {
    if (step.kind === 'write') {
      writeFileSync(join(this.#folder, step.file), this.#here(step.text));
      return;
    }
    if (step.prints !== undefined) return this.start(step.command, step.prints);
    for (const command of this.#here(step.command).split(' && ')) {
      const [program = '', ...args] = command.split(' ');
      await run(program, args, { cwd: this.#folder });
    }
  }

  /** Starts a command, and waits until it has printed the lines. */
  async start(command: string, prints: readonly string[]): Promise<void> {
    const started = new Running(this.#here(command), this.#folder);
    this.#running.push(started);
    await started.prints(prints.map((line) => this.#here(line)));
  }

  /** Waits until the command that was started first has printed these lines in all. */
  async expectAll(command: string, prints: readonly string[]): Promise<void> {
    await this.#find(command).prints(prints);
  }

  /** What the command that was started first has printed so far. */
  printedBy(command: string): readonly string[] {
    return this.#find(command).printed;
  }

  async stop(command: string): Promise<void> {
    const found = this.#find(command);
    this.#running.splice(this.#running.indexOf(found), 1);
    await found.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((each) => each.stop()));
  }

  #find(command: string): Running {
    const found = this.#running.find((each) => each.command === this.#here(command));
    if (found === undefined) throw new StepFailed(`the page does not leave ${command} running`);
    return found;
  }

  #here(text: string): string {
    let here = text;
    for (const [said, meant] of this.#replacements) here = here.replaceAll(said, meant);
    return here;
  }
}
