/** Configuration files that somebody has spoilt: each is right, or its faults are told with their places (Z1). */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mutate } from '../../../packages/protocol/test/mutations.ts';
import { Random, SEED } from '../../../packages/protocol/test/random.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { readConfiguration } from '../src/config/load.ts';
import { CertificateFolder } from './certificates.ts';
import { broken, ENVIRONMENT, EVERYTHING } from './configurations.ts';

const DEEP = process.env['WAMP_DEEP'] === '1';
const ROUNDS = DEEP ? 500_000 : 1000;

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

const SMALL = 'listeners:\n  - port: 0\nrealms:\n  - name: realm1\n';
const RIGHT: readonly string[] = [SMALL, SMALL, EVERYTHING];
const BROKEN: readonly string[] = broken().map(({ yaml }) => yaml);

/** What means something in YAML, or to us. */
const TELLING: readonly string[] = [
  '&a ',
  '*a',
  '<<: *a',
  '? ',
  '- ',
  ': ',
  ', ',
  '|\n',
  '>-\n',
  '"',
  "'",
  ' #',
  '{',
  '}',
  '[',
  ']',
  '---\n',
  '...\n',
  '!!binary ',
  '!!set ',
  '!!js/function ',
  '!<x> ',
  '%YAML 1.1\n',
  '%TAG ! x\n',
  '\t',
  '\n',
  '\r',
  '\0',
  '\x1b[2J',
  '${SECRET}',
  '${',
  '${NOBODY}',
  '$$',
  '__proto__: ',
  'constructor: ',
  'tls: ',
  'auth: ',
  'roles: ',
  'name: x\n',
  '\uFEFF',
  '\u2028',
  '\ud800',
  '👍',
  '0x10',
  '1e999',
  '.inf',
  '.nan',
  '~',
  'null',
  '-1',
  '9007199254740993',
  'x'.repeat(5000),
  '['.repeat(200),
  '- '.repeat(200),
];

function anyText(random: Random): string {
  return random.pick(random.below(3) === 0 ? BROKEN : RIGHT);
}

/** A text to which one to three things have happened that happen to files, or that somebody has in mind. */
function spoilt(random: Random): string {
  let text = anyText(random);
  for (let count = 1 + random.below(3); count > 0; count -= 1) text = random.pick(SPOILERS)(text, random);
  return text;
}

const SPOILERS: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => inserted(text, random.below(text.length + 1), random.pick(TELLING)),
  (text, random) => withLines(text, (lines) => lines.splice(random.below(lines.length), 1)),
  (text, random) =>
    withLines(text, (lines) => {
      const at = random.below(lines.length);
      lines[at] = ' '.repeat(random.below(5)) + (lines[at] ?? '').slice(random.below(3));
    }),
  (text, random) =>
    withLines(text, (lines) => lines.splice(random.below(lines.length), 0, anyLine(anyText(random), random))),
  (text, random) => Buffer.from(mutate([Buffer.from(text)], random)).toString(),
];

function inserted(text: string, at: number, what: string): string {
  return text.slice(0, at) + what + text.slice(at);
}

function withLines(text: string, change: (lines: string[]) => void): string {
  const lines = text.split('\n');
  change(lines);
  return lines.join('\n');
}

function anyLine(text: string, random: Random): string {
  return random.pick(text.split('\n'));
}

/** @returns what is said of it; undefined when it is right */
function faultsOf(yaml: string): FaultyConfiguration | undefined {
  try {
    readConfiguration(yaml, { file: join(folder.path, 'wamp.yaml'), environment: ENVIRONMENT });
    return undefined;
  } catch (error) {
    if (error instanceof FaultyConfiguration) return error;
    throw error;
  }
}

/** Every fault has a place in the text, and a line of its own; no line has control characters, or a secret. */
function judge(yaml: string, { faults, message }: FaultyConfiguration): void {
  const lines = yaml.split(/\r\n|\r|\n/);
  expect(faults.length).toBeGreaterThan(0);
  expect(message.split('\n').length).toBe(Math.min(faults.length, 51));
  for (const { position } of faults) {
    expect(position.line).toBeGreaterThan(0);
    expect(position.line).toBeLessThanOrEqual(lines.length);
    expect(position.column).toBeGreaterThan(0);
  }
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  expect(message).not.toMatch(/[\0-\x09\x0b-\x1f\x7f]/);
  // Some say it themselves, and by mistake as the name of a key.
  if (!yaml.includes(ENVIRONMENT.SECRET)) expect(message).not.toContain(ENVIRONMENT.SECRET);
}

test(
  `Z1, threat 33: spoilt configurations are right, or all that is wrong has its place (WAMP_FUZZ_SEED=${SEED})`,
  { timeout: DEEP ? 3_600_000 : 1_200_000 },
  () => {
    const random = new Random(SEED);
    const counts = { right: 0, faulty: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const yaml = spoilt(random);
      try {
        const faulty = faultsOf(yaml);
        if (faulty !== undefined) judge(yaml, faulty);
        counts[faulty === undefined ? 'right' : 'faulty'] += 1;
      } catch (error) {
        throw new Error(`round ${round}: ${JSON.stringify(yaml)}`, { cause: error });
      }
    }
    // If all, or none, were right, nothing would be tested.
    expect(counts.right).toBeGreaterThan(ROUNDS / 50);
    expect(counts.faulty).toBeGreaterThan(ROUNDS / 10);
  },
);
