/** `wamp publish`: publishes an event, or one for each line of standard input. */
import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import type { PublishOptions } from '@wamp/client';
import { usage } from '../io/failure.ts';
import { collect, integer, value } from '../io/words.ts';
import { connecting } from '../session/options.ts';
import type { Given } from '../session/settings.ts';
import { inSession, type Desk, type Run } from './desk.ts';
import { payloadFrom, withPayload, type PayloadOptions } from './payload.ts';

interface Options extends Given, PayloadOptions {
  readonly lines?: true;
  readonly ack: boolean;
  readonly retain?: true;
  readonly includeMe?: true;
  readonly discloseMe?: true;
  readonly eligible?: readonly string[];
  readonly eligibleAuthid?: readonly string[];
  readonly eligibleAuthrole?: readonly string[];
  readonly exclude?: readonly string[];
  readonly excludeAuthid?: readonly string[];
  readonly excludeAuthrole?: readonly string[];
}

export function publishCommand(run: Run): Command {
  const command = new Command('publish')
    .description('Publish an event, or one for each line of standard input.')
    .argument('<topic>', 'its URI');
  withPayload(command)
    .option('--lines', 'publish each line of standard input')
    .option('--no-ack', 'do not wait for the acknowledgement of the router')
    .option('--retain', 'ask the router to keep the event for later subscribers')
    .option('--disclose-me', 'ask the router to disclose the publisher to the subscribers');
  for (const [whom, what] of [
    ['', 'session <id>'],
    ['-authid', 'authid <name>'],
    ['-authrole', 'role <name>'],
  ] as const) {
    const [noun = '', placeholder = ''] = what.split(' ');
    command
      .addOption(
        new Option(`--eligible${whom} ${placeholder}`, `only for this ${noun}; repeat it`).argParser(collect),
      )
      .addOption(
        new Option(`--exclude${whom} ${placeholder}`, `not for this ${noun}; repeat it`).argParser(collect),
      );
  }
  return connecting(command).action(async (topic: string, words: string[], options: Options) => {
    if (options.lines === true && (words.length > 0 || options.args !== undefined)) {
      throw usage('--lines reads the arguments from standard input', 'Omit the other arguments.');
    }
    const payload = payloadFrom(words, options);
    const how = publishOptions(options);
    await inSession(run, options, async (desk) => {
      if (options.lines === true) await publishLines(desk, topic, payload.kwargs, how, options.text === true);
      else await publishOne(desk, topic, payload.args, { ...how, kwargs: payload.kwargs });
      return undefined;
    });
  });
}

type How = PublishOptions & { readonly kwargs?: Readonly<Record<string, unknown>> };

async function publishOne(
  { session, out, signal }: Desk,
  topic: string,
  args: unknown[],
  how: How,
): Promise<void> {
  const { publication } = await session.publish(topic, args, { ...how, signal });
  if (publication === undefined) return;
  await out.record({ topic, publication }, ({ dim }) => `${topic}  ${dim(`publication ${publication}`)}`);
}

/** Publishes each line as one argument; reads no faster than the router accepts. */
async function publishLines(
  { session, out, io, signal }: Desk,
  topic: string,
  kwargs: Readonly<Record<string, unknown>>,
  how: PublishOptions,
  asText: boolean,
): Promise<void> {
  const lines = createInterface({ input: io.stdin, crlfDelay: Infinity, signal });
  let count = 0;
  for await (const line of lines) {
    // A line of input is text, whatever its first character.
    const argument = asText ? line : jsonOr(line);
    await session.publish(topic, [argument], { ...how, kwargs, signal });
    count += 1;
  }
  signal.throwIfAborted();
  await out.record({ topic, published: count }, () => `${count} published to ${topic}`);
}

function jsonOr(line: string): unknown {
  try {
    return value(line);
  } catch {
    return line;
  }
}

function publishOptions(options: Options): PublishOptions {
  const ids = (words: readonly string[] | undefined): number[] | undefined => words?.map(integer(1));
  return {
    acknowledge: options.ack,
    ...(options.retain && { retain: true }),
    ...(options.discloseMe && { discloseMe: true }),
    eligible: ids(options.eligible),
    eligibleAuthid: options.eligibleAuthid,
    eligibleAuthrole: options.eligibleAuthrole,
    exclude: ids(options.exclude),
    excludeAuthid: options.excludeAuthid,
    excludeAuthrole: options.excludeAuthrole,
  };
}
