/** Keeps retired words out of sources, tests and pages: each rule names the words to use instead. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { repositoryFiles } from './code-map.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Rule {
  readonly retired: RegExp;
  /** What to write instead. */
  readonly instead: string;
  /** The paths to which the rule applies; all by default. */
  readonly within?: RegExp;
}

/** Text that readers of the product see: sources and pages, but not the names of tests. */
const PRODUCT = /^(packages\/(client|protocol|react|router|store-sqlite)\/src|docs|[^/]+\.md)/;
/** Sources in which no comment speaks of people any more. */
const IMPERSONAL = /^(packages\/(client|react|store-sqlite)|apps\/(chat|dashboard))\/src\//;

const RULES: readonly Rule[] = [
  {
    retired: /(?<!\bthere )\b(?:that|this|which|what|URI|it) (?:is|are) none\b(?! of)/i,
    instead: 'invalid, or "is not a …"',
  },
  { retired: /\bnone the wiser\b/i, instead: 'what is not notified, and of what' },
  { retired: /\bcannot be told\b/i, instead: 'undeliverable, or why it cannot be sent' },
  { retired: /\bwhomever\b/i, instead: 'any client, any session …' },
  { retired: /\bhalf[- ]dead\b/i, instead: 'a lost connection' },
  { retired: /\bcalls? (?:it |the \w+ )?off\b|\bcalls off\b/i, instead: 'cancel' },
  { retired: /\bif need be\b/i, instead: 'if necessary' },
  { retired: /\bcame to be\b|\bcomes? to be\b/i, instead: 'was created, or exists' },
  { retired: /\bno more than it held\b|\bup to no good\b/i, instead: 'hostile' },
  { retired: /\bwhoever\b/i, instead: 'the caller, the client, code that …', within: PRODUCT },
  { retired: /\bstrangers?\b/i, instead: 'an unknown principal, or an unknown client', within: PRODUCT },
  {
    retired: /\b(?:Permit|Grant|[Rr]ulings?|[Mm]andates?)\b/,
    instead: 'decision (permitted, disclosed, denied, failed), or the answer of an authorizer',
    within: /^(packages\/router|apps\/router)\/|^docs|^[^/]+\.md/,
  },
  { retired: /\bha(?:s|ve) it that\b|\bas the specification has it\b/i, instead: 'says that, or as in …' },
  { retired: /\bcomplained about\b/i, instead: 'is logged, or is refused' },
  { retired: /\bgoes nowhere\b|\blies behind\b/i, instead: 'is discarded, or follows' },
  { retired: /\bnobody else gets to see\b/i, instead: 'what reports it, and where' },
  {
    retired: /\b(?:no|some|any|every)body\b/i,
    instead: 'the session, the client, the code that …',
    within: IMPERSONAL,
  },
  { retired: /\b(?:as many|so many) as may be\b/i, instead: 'the maximum' },
  { retired: /\bwhat this needs of\b/i, instead: 'the parts of … that this module uses' },
  { retired: /\bnothing is wrong\b/i, instead: 'no fault was found' },
  { retired: /\b(?:is|are) let in no more\b/i, instead: 'is no longer admitted' },
  { retired: /\bturns to come\b/i, instead: 'later turns' },
  { retired: /\bin the name of a session\b/i, instead: 'on behalf of a session' },
];

/** Generated pages, and this list. */
const EXEMPT =
  /^(docs\/(conformance|benchmark|map)\.md|conformance\/|test\/words\.test\.ts|pnpm-lock\.yaml)|\.svg$/;

const TEXT = /\.(ts|tsx|mts|mjs|js|md|css|html|py|ya?ml|txt)$/;

/** `path:line: "retired words": write … instead`, for each line of a text that uses retired words. */
function faultsIn(path: string, text: string): string[] {
  const rules = RULES.filter(({ within }) => within === undefined || within.test(path));
  return text
    .split('\n')
    .flatMap((line, index) =>
      rules.flatMap(({ retired, instead }) =>
        (retired.exec(line) ?? [])
          .slice(0, 1)
          .map((found) => `${path}:${index + 1}: "${found}": write ${instead}`),
      ),
    );
}

test('no source, test or page uses a retired word', () => {
  const paths = repositoryFiles().filter((path) => TEXT.test(path) && !EXEMPT.test(path));
  expect(paths.flatMap((path) => faultsIn(path, readFileSync(root + path, 'utf8')))).toEqual([]);
});

test('a retired word is reported with its place and with the words to use instead', () => {
  expect(faultsIn('docs/limits.md', 'An ERROR.\nWhoever sends a URI that is none …')).toEqual([
    'docs/limits.md:2: "that is none": write invalid, or "is not a …"',
    'docs/limits.md:2: "Whoever": write the caller, the client, code that …',
  ]);
  expect(faultsIn('bench/test/x.test.ts', 'There is none. Whoever reads first.')).toEqual([]);
});
