/** Composes docs/map.md from the descriptions of the folders and the opening sentence of every source file. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folders } from './folders.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The files of the repository: those that git tracks, and new ones that it does not ignore. */
export function repositoryFiles(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
}

/** The first sentence of the comment that opens a file; undefined when the file does not open with one. */
export function openingSentence(source: string): string | undefined {
  const opening = /^(?:#!.*\n)?\/\*\*?([\s\S]*?)\*\/|^((?:;;.*\n)+)/.exec(source);
  const text = (opening?.[1] ?? opening?.[2])
    ?.replaceAll(/^\s*(\*|;;)/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return text === undefined ? undefined : /^.*?[.?](?= [A-Z]|$)/.exec(text)?.[0];
}

/** The sources that have an entry of their own: everything that is written by hand in a `src` folder. */
function isSource(file: string): boolean {
  return /\/src\/.*\.(ts|tsx|css|wat)$/.test(file);
}

function entry(file: string): string {
  const sentence = openingSentence(readFileSync(root + file, 'utf8'));
  if (sentence === undefined)
    throw new Error(`${file} does not open with a comment of one sentence: say there what it is`);
  return `- \`${basename(file)}\`: ${sentence}`;
}

/** The whole text of docs/map.md. */
export function codeMap(): string {
  const sources = repositoryFiles().filter(isSource).sort();
  const sections = Object.entries(folders).map(([folder, description]) => {
    const entries = sources.filter((file) => `${dirname(file)}/` === folder).map(entry);
    return [`## \`${folder}\``, '', description, ...(entries.length === 0 ? [] : ['', ...entries])].join(
      '\n',
    );
  });
  return `# Map

Every folder, and every source file by the sentence that it opens with. [ARCHITECTURE.md](../ARCHITECTURE.md) says how they work
together. This page is generated: \`npx vitest run test/map.test.ts -u\` writes it anew from \`test/folders.ts\` and the sources.

${sections.join('\n\n')}
`;
}
