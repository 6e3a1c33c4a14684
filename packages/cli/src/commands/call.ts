/** `wamp call`: calls a procedure, and writes its result. */
import { Command } from 'commander';
import type { Result } from '@wamp/client';
import { interval } from '../io/words.ts';
import { harmless, toJson } from '../output/json.ts';
import type { Output } from '../output/output.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { inSession, whileRead, type Run } from './desk.ts';
import { payloadFrom, withPayload, type PayloadOptions } from './payload.ts';

interface CallOptions extends Given, PayloadOptions {
  readonly timeout?: number;
  readonly progress?: true;
  readonly full?: true;
  readonly raw?: true;
  readonly discloseMe?: true;
}

export function callCommand(run: Run): Command {
  const command = new Command('call')
    .description('Call a procedure and print its result.')
    .argument('<procedure>', 'its URI');
  withPayload(command)
    .option(
      '--timeout <duration>',
      'the time limit for the result, and for each progressive result',
      interval,
    )
    .option('--progress', 'print progressive results as they arrive, too')
    .option('--full', 'print positional values, keyword values and details')
    .option('--raw', 'print text without quotes')
    .option('--disclose-me', 'ask the router to disclose the caller to the callee');
  return connecting(command).action(async (procedure: string, words: string[], options: CallOptions) => {
    const { args, kwargs } = payloadFrom(words, options);
    await inSession(run, options, async ({ session, out, signal }) => {
      const call = session.call(procedure, args, {
        kwargs,
        signal,
        timeout: options.timeout,
        ...(options.discloseMe && { discloseMe: true }),
        ...(options.progress && {
          onProgress: (_value: unknown, whole: Result) => whileRead(() => writeResult(out, whole, options)),
        }),
      });
      await call.full().then((whole: Result) => writeResult(out, whole, options));
      return undefined;
    });
  });
}

/** A single value as it is; several values, or if requested, the whole result. */
async function writeResult(out: Output, { args, kwargs, details }: Result, how: CallOptions): Promise<void> {
  const [first = null] = args;
  const isOne = args.length <= 1 && Object.keys(kwargs).length === 0;
  const value = how.full === true ? { args, kwargs, details } : isOne ? first : { args, kwargs };
  if (how.raw === true && typeof value === 'string') {
    await out.write(`${out.isTerminal ? harmless(value) : value}\n`);
  } else {
    await out.record(value, () => harmless(toJson(value, 2)));
  }
}
