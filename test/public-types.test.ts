/** Breaking changes of public types: which lines of an API report count, and which changesets allow them. */
import { expect, test } from 'vitest';
import { removedLines, unannounced } from '../scripts/api/changes.ts';

function report(code: string): string {
  return `## API Report File for "@wamp/example"\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
}

const before = report(`import { Uri } from '@wamp/protocol';

// @public
export interface Options {
    // (undocumented)
    readonly realm: Uri;
}

// @public
export function connect(options: Options): void;`);

test('an added declaration, a comment and an import are no breaking change', () => {
  const after = report(`import { Id } from '@wamp/protocol';
import { Uri } from '@wamp/protocol';

// @beta
export interface Options {
    readonly id?: Id;
    readonly realm: Uri;
}

// @public
export function connect(options: Options): void;`);
  expect(removedLines(before, after)).toEqual([]);
});

test('a changed declaration and one that is gone are', () => {
  const after = before
    .replace('readonly realm: Uri', 'readonly realm?: Uri')
    .replace('export function connect(options: Options): void;', '');
  expect(removedLines(before, after)).toEqual([
    'readonly realm: Uri;',
    'export function connect(options: Options): void;',
  ]);
});

test('of two equal lines, one is missed when one is gone', () => {
  const twice = report('a;\na;\nb;');
  expect(removedLines(twice, report('a;\nb;'))).toEqual(['a;']);
});

test('the report of an entry point that is gone is gone whole', () => {
  expect(removedLines(before, '')).toHaveLength(4);
});

const removals = [{ name: '@wamp/client', entry: 'index', lines: ['a;'] }];
const changeset = (name: string, type: string): { releases: { name: string; type: string }[] } => ({
  releases: [{ name, type }],
});

test.each([
  { version: '0.3.0', name: '@wamp/client', type: 'minor', isAllowed: true },
  { version: '0.3.0', name: '@wamp/client', type: 'patch', isAllowed: false },
  { version: '1.3.0', name: '@wamp/client', type: 'minor', isAllowed: false },
  { version: '1.3.0', name: '@wamp/client', type: 'major', isAllowed: true },
  { version: '1.3.0', name: '@wamp/router', type: 'major', isAllowed: false },
])('after $version, a $type changeset of $name allows a removal from @wamp/client: $isAllowed', (row) => {
  expect(unannounced(removals, [changeset(row.name, row.type)], row.version)).toEqual(
    row.isAllowed ? [] : removals,
  );
});

test.each([
  { version: '0.1.0', next: '0.2.0', isAllowed: true },
  { version: '0.1.0', next: '0.2.0-next.0', isAllowed: true },
  { version: '0.1.0', next: '0.1.1', isAllowed: false },
  { version: '0.9.0', next: '1.0.0', isAllowed: true },
  { version: '1.1.0', next: '1.2.0', isAllowed: false },
  { version: '1.1.0', next: '2.0.0', isAllowed: true },
])(
  'the version that is raised from $version to $next announces a removal by itself: $isAllowed',
  ({ version, next, isAllowed }) => {
    expect(unannounced(removals, [], version, next)).toEqual(isAllowed ? [] : removals);
  },
);
