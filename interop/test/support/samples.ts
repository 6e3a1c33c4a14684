/** Samples of code in a page, to run as they are printed there. */
import { readFileSync } from 'node:fs';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

/** Gets its modules, and names that stand for what the page leaves out, from outside. */
export type Sample = (modules: object, console: { log: (...values: unknown[]) => void }) => Promise<unknown>;

// The one way to run text with `await` in it; there is no name for this constructor.
const AsyncFunction = Object.getPrototypeOf(async () => Promise.resolve()) as {
  readonly constructor: new (...source: string[]) => Sample;
};

/** @param path of the page, from the root of the repository */
export function samplesIn(path: string): readonly string[] {
  const page = readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
  return [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
}

/** A sample as a function that gets its imports, and what it prints, from outside. */
export function sample(code: string): Sample {
  const source = code.replace(/^import (\{.*\}) from '(.*)';$/gm, "const $1 = modules['$2'];");
  const compilerOptions = { target: ScriptTarget.ES2022, module: ModuleKind.ESNext };
  return new AsyncFunction.constructor(
    'modules',
    'console',
    transpileModule(source, { compilerOptions }).outputText,
  );
}
