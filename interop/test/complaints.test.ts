/** The table of docs/client/complaints.md: each complaint has a test, and each test is where the page says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = new URL('../../docs/client/complaints.md', import.meta.url);
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => /^\| *\d+ *\|/.test(line));

test('there are twenty complaints', () => {
  expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
});

test.each(rows.map((row) => [row.split('|')[2]?.trim(), row] as const))('%s', (_complaint, row) => {
  const links = [...row.matchAll(/\[`([^\]]+)`\]\(([^)]+)\)/g)];
  expect(links.length).toBeGreaterThan(0);
  for (const [, name = '', path = ''] of links)
    expect(readFileSync(new URL(path, page), 'utf8')).toContain(name);
});
