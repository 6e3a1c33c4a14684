/** Parses payloads from the command line, and formats received ones. */
import type { Args, Kwargs } from '@wamp/client';
import { Option, type Command } from 'commander';
import { usage } from '../io/failure.ts';
import { keyword, value } from '../io/words.ts';
import { harmless, toJson } from '../output/json.ts';

/** The options of a payload. */
export interface PayloadOptions {
  readonly kw?: readonly (readonly [string, string])[];
  readonly args?: string;
  readonly kwargs?: string;
  readonly text?: true;
}

/** Adds the arguments and options of a payload to a command. */
export function withPayload(command: Command): Command {
  return command
    .argument('[args...]', 'positional arguments: JSON, or text')
    .addOption(
      new Option('-k, --kw <name=value>', 'a keyword argument; repeat it for more').argParser(keyword),
    )
    .option('--args <json>', 'the positional arguments, as a JSON list')
    .option('--kwargs <json>', 'the keyword arguments, as a JSON object')
    .option('--text', 'treat all arguments as text, even JSON');
}

/** The payload of the command line. @throws Failure, InvalidArgumentError */
export function payloadFrom(
  words: readonly string[],
  { kw = [], args, kwargs, text }: PayloadOptions,
): { readonly args: unknown[]; readonly kwargs: Record<string, unknown> } {
  const read = (word: string): unknown => (text === true ? word : valueOf(word));
  if (args !== undefined && words.length > 0) {
    throw usage(
      '--args and positional arguments exclude each other',
      'Pass the arguments one way or the other.',
    );
  }
  const list = args === undefined ? words.map(read) : whole('--args', args);
  if (!Array.isArray(list)) throw usage('--args must be a list of JSON, such as [1, "two"]');
  const dict = kwargs === undefined ? {} : whole('--kwargs', kwargs);
  if (typeof dict !== 'object' || dict === null || Array.isArray(dict)) {
    throw usage('--kwargs must be an object of JSON, such as {"a": 1}');
  }
  const pairs = kw.map(([name, word]): [string, unknown] => [name, read(word)]);
  return { args: list as unknown[], kwargs: { ...dict, ...Object.fromEntries(pairs) } };
}

function valueOf(word: string): unknown {
  try {
    return value(word);
  } catch (error) {
    throw usage(`argument ${word}`, error instanceof Error ? error.message : undefined);
  }
}

function whole(option: string, json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (error) {
    throw usage(`${option} is not valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
}

/** A payload for people, on one line. */
export function shown(args: Args, kwargs: Kwargs): string {
  const parts = args.map((argument) => toJson(argument));
  if (Object.keys(kwargs).length > 0) parts.push(toJson(kwargs));
  return harmless(parts.join(' '));
}

/** Keyword arguments, if there are any. */
export function kwargsIn(kwargs: Kwargs): { readonly kwargs?: Kwargs } {
  return Object.keys(kwargs).length > 0 ? { kwargs } : {};
}

/** The time of day, for people. */
export function timeOfDay(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
