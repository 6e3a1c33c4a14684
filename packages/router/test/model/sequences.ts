/** Runs generated sequences, and shows the shortest one that fails as a conversation. */
import fc from 'fast-check';

const DEEP = process.env['WAMP_DEEP'] === '1';
/** How many sequences each test plays. */
const SEQUENCES = DEEP ? 50_000 : 2_000;
/** The part of the sequences that a test plays, unless it is a long run, which plays all. */
export const usually = (part: number): number => (DEEP ? 1 : part);
/** What a test may take (ms). */
export const TIME_LIMIT = DEEP ? 30 * 60_000 : 3 * 60_000;

const given = Number(process.env['WAMP_FUZZ_SEED']);
export const SEED: number =
  Number.isInteger(given) && given !== 0 ? given : Math.floor(Math.random() * 0x7fffffff) + 1;

/** What was said and heard until something was wrong. */
export class Counterexample extends Error {
  override readonly name = 'Counterexample';
}

/** The lines of one run, kept as they are and only written out when somebody has to read them. */
export class Transcript {
  readonly #lines: (readonly [who: string, arrow: '→' | '←' | '', what: unknown])[] = [];

  said(who: string, what: unknown): void {
    this.#lines.push([who, '→', what]);
  }

  heard(who: string, what: unknown): void {
    this.#lines.push([who, '←', what]);
  }

  note(what: string): void {
    this.#lines.push([what, '', '']);
  }

  /** The run has failed here. */
  fail(...why: readonly string[]): never {
    const lines = this.#lines.map(([who, arrow, what]) =>
      arrow === '' ? who : `${who} ${arrow} ${show(what)}`,
    );
    throw new Counterexample([...lines, ...why].map((line) => `  ${line}`).join('\n'));
  }
}

/** A message or a word, as a conversation has it. */
export function show(what: unknown): string {
  return typeof what === 'string' ? what : JSON.stringify(what);
}

/**
 * Plays generated sequences until one fails.
 * @param play throws when something is wrong, best through `Transcript.fail`
 * @param part how many of the usual number of sequences: all by default
 * @throws Error that tells the shortest sequence found, as a conversation
 */
export async function check<T>(
  name: string,
  sequences: fc.Arbitrary<T>,
  play: (sequence: T) => void | Promise<void>,
  part = 1,
): Promise<void> {
  const runs = Math.ceil(SEQUENCES * part);
  console.log(`${name}: ${runs} sequences, WAMP_FUZZ_SEED=${SEED}`);
  const property = fc.asyncProperty(sequences, async (sequence) => {
    await play(sequence);
  });
  const outcome = await fc.check(property, { seed: SEED, numRuns: runs, unbiased: true });
  if (!outcome.failed) return;
  const { errorInstance: error, numRuns, numShrinks } = outcome;
  const found = `${name}: sequence ${numRuns}, shortened ${numShrinks} times (WAMP_FUZZ_SEED=${SEED})`;
  if (error instanceof Counterexample) {
    const failure = new Error(`${found}\n${error.message}`);
    failure.stack = failure.message;
    throw failure;
  }
  throw new Error(`${found}\n${JSON.stringify(outcome.counterexample)}`, { cause: error });
}
