/** Writes docs/map.md and holds it against the tree: `npx vitest run test/map.test.ts -u`. */
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { codeMap, openingSentence, repositoryFiles } from './code-map.ts';
import { folders } from './folders.ts';

test('every folder of the repository is described in test/folders.ts, and every folder described there exists', () => {
  const existing = new Set(repositoryFiles().map((file) => `${dirname(file)}/`));
  existing.delete('./');
  expect(Object.keys(folders).sort()).toEqual([...existing].sort());
});

test('docs/map.md names every source file with its opening sentence', async () => {
  await expect(codeMap()).toMatchFileSnapshot('../docs/map.md');
});

test('the opening sentence ends with the first full stop that ends a sentence', () => {
  expect(openingSentence('/** The `wamp.*` procedures (e.g. `wamp.session.count`). More of them. */')).toBe(
    'The `wamp.*` procedures (e.g. `wamp.session.count`).',
  );
  expect(openingSentence('#!/usr/bin/env node\n/**\n * One sentence\n * in two lines.\n */')).toBe(
    'One sentence in two lines.',
  );
  expect(openingSentence('import x from "y";')).toBeUndefined();
});
