/** The example of the README is a file that the compiler checks. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

async function text(file: string): Promise<string> {
  return readFile(new URL(file, import.meta.url), 'utf8');
}

test('the example of the README compiles', async () => {
  const [, example] = /^```tsx\n(.*?)^```$/ms.exec(await text('../README.md')) ?? [];
  expect(example).toBe(await text('readme-sample.tsx'));
});
