/** `wamp register`: registers a procedure that runs a command, or echoes its arguments. */
import { Command, Option } from 'commander';
import { result, type Invocation, type InvocationPolicy, type MatchPolicy, type Result } from '@wamp/client';
import { deferred } from '../io/io.ts';
import { integer, interval } from '../io/words.ts';
import { harmless, toJson } from '../output/json.ts';
import { milliseconds } from '../output/numbers.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { runCommand, type HowToRun } from './child.ts';
import { lasting, staying, whileRead, type Desk, type Run } from './desk.ts';
import { kwargsIn, shown, timeOfDay } from './payload.ts';
import { matchOption } from './subscribe.ts';

interface Options extends Given {
  readonly match?: MatchPolicy;
  readonly invoke?: InvocationPolicy;
  readonly force?: true;
  readonly concurrency: number;
  readonly count?: number;
  readonly stdin: 'json' | 'text';
  readonly lines?: true;
  readonly timeout: number;
}

export function registerCommand(run: Run): Command {
  const command = new Command('register')
    .description(
      'Register a procedure until Ctrl-C. A command answers the calls; without one, they get their arguments back.',
    )
    .argument('<procedure>', 'its URI')
    .argument('[command...]', 'after --, the command that answers a call: its standard output is the result')
    .addOption(matchOption())
    .addOption(
      new Option('--invoke <policy>', 'how calls are distributed among several callees').choices([
        'single',
        'roundrobin',
        'random',
        'first',
        'last',
      ]),
    )
    .option('--force', 'take the procedure over from a session with the same authid')
    .option('--concurrency <number>', 'the maximum number of simultaneous calls', integer(1, 1000), 4)
    .option('--count <number>', 'stop after this many calls', integer(1))
    .addOption(
      new Option(
        '--stdin <what>',
        'the standard input of the command: the call as JSON, or its first argument as text',
      )
        .choices(['json', 'text'])
        .default('json'),
    )
    .option('--lines', 'send each output line of the command as a progressive result')
    .option('--timeout <duration>', 'the time limit of the command', interval, 30_000);
  return connecting(command).action(async (procedure: string, words: string[], options: Options) => {
    await staying(run, options, (desk) => serve(desk, procedure, words, options));
  });
}

async function serve(
  desk: Desk,
  procedure: string,
  words: readonly string[],
  options: Options,
): Promise<void> {
  const { session, signal, note, io } = desk;
  const done = deferred();
  let left = options.count ?? Infinity;
  const answer = answering(desk, words, options);
  const registration = await session.register(
    procedure,
    async (_args, invocation: Invocation) => {
      left -= 1;
      if (left === 0) void registration.unregister();
      try {
        return await answer(invocation);
      } finally {
        // The result of the handler is sent before the code that waits for this continues.
        if (left <= 0) setImmediate(done.resolve);
      }
    },
    {
      concurrency: options.concurrency,
      signal,
      ...(options.match && { match: options.match }),
      ...(options.invoke && { invoke: options.invoke }),
      ...(options.force && { forceReregister: true }),
    },
  );
  if (io.stderr.isTTY === true) note(`registered ${procedure} in ${session.realm}; Ctrl-C ends it`);
  await lasting(desk, done.promise);
}

type Answer = (invocation: Invocation) => Promise<Result>;

/** Answers a call, and writes a line about it. */
function answering(desk: Desk, words: readonly string[], options: Options): Answer {
  const { io, signal } = desk;
  const how: HowToRun = {
    words,
    stdin: options.stdin,
    lines: options.lines ?? false,
    timeout: options.timeout,
  };
  const echo: Answer = ({ args, kwargs }) => Promise.resolve(result(args, kwargs));
  const answer: Answer =
    words.length === 0 ? echo : (invocation) => runCommand(invocation, how, { io, signal });
  return async (invocation) => {
    const started = io.clock.elapsed();
    try {
      const given = await answer(invocation);
      await whileRead(() => report(desk, invocation, { ms: io.clock.elapsed() - started, result: given }));
      return given;
    } catch (error) {
      await whileRead(() => report(desk, invocation, { ms: io.clock.elapsed() - started, error }));
      throw error;
    }
  };
}

interface Outcome {
  readonly ms: number;
  readonly result?: Result;
  readonly error?: unknown;
}

/** Formats one call as a line. */
function report(
  { out, io }: Desk,
  invocation: Invocation,
  { ms, result: given, error }: Outcome,
): Promise<void> {
  const { procedure, args, kwargs, caller } = invocation;
  const message = error instanceof Error ? error.message : undefined;
  const record = {
    procedure,
    args,
    ...kwargsIn(kwargs),
    ...(caller && { caller }),
    ms: Math.round(ms * 1000) / 1000,
    ...(given === undefined ? { error: message } : { result: given.args, ...renamed(given.kwargs) }),
  };
  return out.record(record, ({ dim, cyan, red, green }) => {
    const answer =
      given === undefined
        ? red(harmless(message ?? 'failed'))
        : green(shown(given.args, given.kwargs) || toJson(null));
    const head = `${dim(timeOfDay(io.clock.date()))}  ${cyan(harmless(procedure))}  ${shown(args, kwargs)}`;
    return `${head} → ${answer}  ${dim(milliseconds(ms))}`;
  });
}

function renamed(kwargs: Readonly<Record<string, unknown>>): object {
  return Object.keys(kwargs).length === 0 ? {} : { resultKwargs: kwargs };
}
