/** The configuration that says everything, broken at each of its places, one at a time. */
import { join } from 'node:path';
import { isMap, isScalar, parseDocument, visit, type Document } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { readConfiguration } from '../src/config/load.ts';
import { CertificateFolder } from './certificates.ts';
import { broken, ENVIRONMENT, EVERYTHING } from './configurations.ts';

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

type Path = readonly (string | number)[];

/** Mappings in which any name may stand, such as that of a role. */
const OF_NAMES = new Set(['trust_levels', 'slow_consumers', 'paths']);

/** The whole text, once for each place, with something wrong there. */
function* brokenTexts(): Generator<{ readonly what: string; readonly text: string }> {
  const places: { readonly path: Path; readonly isMapping: boolean }[] = [];
  visit(parseDocument(EVERYTHING), {
    Node(key, node, ancestors) {
      if (key === 'key' || !(isScalar(node) || isMap(node))) return;
      places.push({ path: pathOf(key, ancestors), isMapping: isMap(node) });
    },
  });
  for (const { path, isMapping } of places) {
    const set = (at: Path, value: unknown): string => {
      const document: Document = parseDocument(EVERYTHING);
      document.setIn(at, document.createNode(value));
      return document.toString();
    };
    const where = path.join('.');
    yield { what: `a list at ${where}`, text: path.length === 0 ? '- 1\n' : set(path, [[1]]) };
    if (isMapping && !OF_NAMES.has(String(path.at(-1)))) {
      yield { what: `an unknown key at ${where}`, text: set([...path, 'nonsense'], 1) };
    }
  }
}

function pathOf(key: number | 'key' | 'value' | null, ancestors: readonly unknown[]): Path {
  const steps: (string | number)[] = [];
  for (const [index, ancestor] of ancestors.entries()) {
    if (typeof ancestor === 'object' && ancestor !== null && 'key' in ancestor) {
      steps.push(String(ancestor.key));
    } else if (Array.isArray((ancestor as { items?: unknown }).items) && !isMap(ancestor)) {
      const below = ancestors[index + 1];
      const { items } = ancestor as { items: readonly unknown[] };
      steps.push(below === undefined ? Number(key) : items.indexOf(below));
    }
  }
  return steps;
}

test('two hundred broken configurations are refused with exit code 2, each fault with its line and column', () => {
  const file = join(folder.path, 'wamp.yaml');
  const texts = [...brokenTexts()];
  expect(new Set(texts.map(({ text }) => text)).size).toBe(texts.length);
  expect(texts.length + broken().length).toBeGreaterThanOrEqual(200);
  for (const { what, text } of texts) {
    let refused: unknown;
    try {
      readConfiguration(text, { file, environment: ENVIRONMENT });
    } catch (error) {
      refused = error;
    }
    if (!(refused instanceof FaultyConfiguration)) throw new Error(`${what} is accepted`);
    expect(refused.exitCode, what).toBe(2);
    for (const line of refused.message.split('\n')) expect(line, what).toMatch(/wamp\.yaml:\d+:\d+: \S/);
  }
});
