/** Every block of TypeScript in the documentation is compiled: here, or by the test that runs its page. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { faultsOf, guidesIn } from './support/guide.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The pages that are compiled here; other tests run them. */
const HERE = ['README.md', 'docs/authentication.md', 'docs/authorization.md', 'docs/extending.md'];
/** The tests that compile the other pages, or compare them with files that are compiled. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'docs/clustering.md': 'packages/cluster-nats/test/readme.test.ts',
  'docs/concepts.md': 'interop/test/guides.test.ts',
  'docs/frameworks.md': 'interop/test/frameworks.test.ts',
  'docs/getting-started.md': 'interop/test/getting-started.test.ts',
  'docs/history.md': 'interop/test/router-pages.test.ts',
  'docs/metrics.md': 'packages/router/test/metrics/prometheus.test.ts',
  'docs/patterns.md': 'interop/test/guides.test.ts',
  'docs/reconnecting.md': 'interop/test/guides.test.ts',
  'docs/tracing.md': 'packages/opentelemetry/test/tracing.test.ts',
};

test('the samples of pages that their own tests run, but do not compile', () => {
  const guides = HERE.map((page) => guidesIn(page));
  expect(guides.map(({ length }) => length > 0)).toEqual(HERE.map(() => true));
  expect(faultsOf(guides.flat())).toEqual([]);
});

test('no page has TypeScript that no test compiles', () => {
  const pages = readdirSync(new URL('docs', root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
    .filter((page) => read(page).includes('\n```ts\n'));
  expect([...HERE.slice(1), ...Object.keys(ELSEWHERE)].sort()).toEqual(pages.sort());
  for (const [page, by] of Object.entries(ELSEWHERE)) expect(read(by), by).toContain(page);
});
