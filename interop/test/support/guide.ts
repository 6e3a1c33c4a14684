/** The samples of a page of the documentation, as programs: compiled as they are printed, run, and held against what they say they print. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Consecutive blocks of a page: one that begins with an import begins a program, the others continue it. */
export interface Guide {
  /** `docs/client/call.md:12`, where it begins. */
  readonly name: string;
  /** With as many empty lines before and between the blocks that each line keeps its number in the page. */
  readonly code: string;
  /** What its lines with `console.log` say behind `//`. */
  readonly prints: readonly string[];
}

/** What a program gets from outside. */
export interface World {
  /** By the name that it is imported by. */
  readonly modules: Readonly<Record<string, unknown>>;
  /** What stands for a name of the runtime, such as `process`. */
  readonly globals?: Readonly<Record<string, unknown>>;
  /** Hears each line that the program prints. */
  readonly print: (line: string) => void;
}

/** @param path of the page, from the root of the repository */
export function guidesIn(path: string): readonly Guide[] {
  const programs: { at: number; lines: string[] }[] = [];
  for (const { at, lines } of blocksOf(readFileSync(root + path, 'utf8'))) {
    const first = lines.find((line) => !line.startsWith('//'));
    if (programs.length === 0 || first?.startsWith('import ') === true) programs.push({ at, lines: [] });
    const program = programs.at(-1)?.lines ?? [];
    while (program.length < at) program.push('');
    program.push(...lines);
  }
  return programs.map(({ at, lines }) => ({
    name: `${path}:${at}`,
    code: lines.join('\n'),
    get prints() {
      return lines.flatMap((line) => printsOf(`${path}: ${line}`, line));
    },
  }));
}

/** The blocks of TypeScript, each with the number of lines before its own. */
function* blocksOf(page: string): Generator<{ readonly at: number; readonly lines: readonly string[] }> {
  const lines = page.split('\n');
  for (const [index, line] of lines.entries()) {
    if (line !== '```ts') continue;
    yield { at: index + 1, lines: lines.slice(index + 1, lines.indexOf('```', index)) };
  }
}

/** `// 1, then 2` behind a line that prints is what it prints. */
function printsOf(where: string, line: string): readonly string[] {
  if (!line.includes('console.log(')) return [];
  const [, says] = /\/\/ (.*)$/.exec(line) ?? [];
  if (says === undefined) throw new Error(`${where}: what it prints has to stand behind //`);
  return says.split(', then ');
}

/** Whether a line is what a page says, where `…` stands for any text. */
export function isSaid(says: string, line: string): boolean {
  const parts = says.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*?')}$`, 's').test(line);
}

/**
 * Compiles all programs as modules of their own, with the settings of this repository. @returns the compiler's errors
 * @param paths modules that stand for others
 */
export function faultsOf(guides: readonly Guide[], paths: Record<string, string[]> = {}): readonly string[] {
  // Where their imports are found.
  const folder = mkdtempSync(`${root}interop/node_modules/guides-`);
  try {
    const files = new Map(guides.map((guide) => [fileOf(guide), guide]));
    for (const [file, { code }] of files) writeFileSync(join(folder, file), `${code}\nexport {};\n`);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const compilerOptions = { noEmit: true, paths, composite: false, incremental: false };
    const config = {
      extends: '../../tsconfig.json',
      compilerOptions,
      include: ['*.ts'],
      exclude: [],
      references: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    return errorsIn(folder).map(({ file, line, text }) => {
      const page = files.get(file)?.name.replace(/:.*/, '') ?? file;
      return `${page}:${line}: ${text}`;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What the compiler finds in the project of a folder; the paths of files are relative to it. */
function errorsIn(folder: string): readonly { file: string; line: string; text: string }[] {
  const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript-7/package.json')));
  const { status, stdout } = spawnSync(process.execPath, [compiler, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const errors = [...stdout.matchAll(/^(?:(\S[^(\n]*)\((\d+),\d+\): )?error TS\d+: (.*(?:\n .*)*)/gm)];
  if ((status === 0) !== (errors.length === 0))
    throw new Error(`the compiler ended with ${status}: ${stdout}`);
  return errors.map(([, file = 'the project', line = '', text = '']) => ({ file, line, text }));
}

/** A program that begins with a line such as `// session.ts` is that file, for others to import. */
function fileOf({ name, code }: Guide): string {
  const [, named = `${name.replaceAll('/', '+')}.ts`] = /^\n*\/\/ (\w+\.ts)\n/.exec(code) ?? [];
  return named;
}

// The one way to run text with `await` in it; there is no name for this constructor.
const AsyncFunction = Object.getPrototypeOf(async () => Promise.resolve()) as {
  readonly constructor: new (...source: string[]) => (...values: unknown[]) => Promise<unknown>;
};

/**
 * Runs a program to its end.
 * @param replacements texts of the page, and what stands for them here
 * @returns what it exports
 */
export async function runGuide(
  { name, code }: Guide,
  { modules, globals = {}, print }: World,
  replacements: Readonly<Record<string, string>> = {},
): Promise<Record<string, unknown>> {
  let text = code;
  for (const [said, meant] of Object.entries(replacements)) text = text.replaceAll(said, meant);
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    esModuleInterop: true,
  };
  const { outputText } = ts.transpileModule(text, { compilerOptions });
  const require = (module: string): unknown => {
    if (module in modules) return modules[module];
    throw new Error(`${name} imports ${module}, which the test of the pages does not provide`);
  };
  const console = { log: (...values: unknown[]) => print(format(...values)) };
  const exports = {};
  const given = { require, exports, console, ...globals };
  await new AsyncFunction.constructor(...Object.keys(given), outputText)(...Object.values(given));
  return exports;
}
