/** Runs a command that answers a call: the call on its standard input, the result on its standard output. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { result, WampError, type Invocation, type Result } from '@wamp/client';
import type { Io } from '../io/io.ts';
import { value } from '../io/words.ts';
import { toJson } from '../output/json.ts';

/** How to run the command. */
export interface HowToRun {
  /** The program and its arguments; they are not passed to a shell. */
  readonly words: readonly string[];
  /** Its input: the call as JSON, or the first argument as text. */
  readonly stdin: 'json' | 'text';
  /** Whether each line of its output is a progressive result. */
  readonly lines: boolean;
  /** Time limit in milliseconds. */
  readonly timeout: number;
}

/** Limit in bytes; most routers would refuse a longer result. */
const LONGEST = 1_048_576;
/** How long a command may take to exit after SIGTERM (ms). */
const GRACE = 2_000;

/** @throws WampError if the command fails; the caller receives it */
export async function runCommand(
  invocation: Invocation,
  how: HowToRun,
  { io, signal }: { readonly io: Io; readonly signal: AbortSignal },
): Promise<Result> {
  const child = started(invocation, how, io);
  const kill = killing(child, io);
  const stopTimer = io.clock.after(how.timeout, () => kill(`The command ran longer than ${how.timeout} ms.`));
  const stopped = (): void => kill('The command was stopped.');
  for (const end of [invocation.signal, signal]) end.addEventListener('abort', stopped, { once: true });
  try {
    child.stderr.on('data', (chunk: Buffer) => io.stderr.write(chunk));
    feed(child, invocation, how.stdin);
    const written = how.lines ? progressOf(child, invocation) : outputOf(child, kill);
    const [text] = await Promise.all([written, exitOf(child, kill.reason)]);
    return text === undefined || text === '' ? result([]) : result([jsonOr(text.replace(/\r?\n$/, ''))]);
  } finally {
    stopTimer();
    for (const end of [invocation.signal, signal]) end.removeEventListener('abort', stopped);
  }
}

function started(
  { procedure, caller }: Invocation,
  { words }: HowToRun,
  { env }: Io,
): ChildProcessWithoutNullStreams {
  const [program = '', ...args] = words;
  // The command must not inherit our own secret.
  const { WAMP_SECRET: _secret, ...rest } = env;
  return spawn(program, args, {
    env: {
      ...rest,
      WAMP_PROCEDURE: procedure,
      ...(caller?.session !== undefined && { WAMP_CALLER: String(caller.session) }),
      ...(caller?.authid !== undefined && { WAMP_CALLER_AUTHID: caller.authid }),
      ...(caller?.authrole !== undefined && { WAMP_CALLER_AUTHROLE: caller.authrole }),
    },
  });
}

/** Stops the command, and keeps the first reason. */
interface Kill {
  (why: string): void;
  reason: () => string | undefined;
}

function killing(child: ChildProcessWithoutNullStreams, { clock }: Io): Kill {
  let reason: string | undefined;
  const kill = (why: string): void => {
    if (reason !== undefined) return;
    reason = why;
    child.kill('SIGTERM');
    const stop = clock.after(GRACE, () => child.kill('SIGKILL'));
    child.once('close', stop);
  };
  return Object.assign(kill, { reason: () => reason });
}

function feed(
  { stdin }: ChildProcessWithoutNullStreams,
  invocation: Invocation,
  what: 'json' | 'text',
): void {
  const { args, kwargs, procedure, caller } = invocation;
  const [first = ''] = args;
  const text =
    what === 'json'
      ? `${toJson({ procedure, args, kwargs, ...(caller && { caller }) })}\n`
      : typeof first === 'string'
        ? first
        : toJson(first);
  // A command need not read its input.
  stdin.on('error', () => undefined);
  stdin.end(text);
}

async function outputOf({ stdout }: ChildProcessWithoutNullStreams, kill: Kill): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LONGEST) chunks.push(chunk);
    else kill(`The command wrote more than ${LONGEST} bytes.`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function progressOf(
  { stdout }: ChildProcessWithoutNullStreams,
  invocation: Invocation,
): Promise<undefined> {
  for await (const line of createInterface({ input: stdout, crlfDelay: Infinity })) {
    await invocation.progress(jsonOr(line));
  }
  return undefined;
}

/** Resolves when the command has exited with 0. @throws WampError */
function exitOf(child: ChildProcessWithoutNullStreams, killed: () => string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (why: string): void => reject(new WampError('wamp.error.runtime_error', [why]));
    child.once('error', ({ message }) => failed(`Cannot run the command: ${message}`));
    child.once('close', (code, signal) => {
      const why = killed();
      if (why !== undefined) failed(why);
      else if (code === 0) resolve();
      else
        failed(
          code === null ? `The command was ended by ${signal}.` : `The command ended with exit code ${code}.`,
        );
    });
  });
}

function jsonOr(text: string): unknown {
  try {
    return value(text);
  } catch {
    return text;
  }
}
