/** A page of the documentation as steps that a reader follows: files to write, commands to run, and what they print. */

export type Step =
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  | { readonly kind: 'run'; readonly command: string; readonly prints: readonly string[] | undefined };

interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  /** The text between the block before and this one. */
  readonly before: string;
}

/** The languages of blocks that are files. */
const FILES: ReadonlySet<string> = new Set(['ts', 'js', 'json', 'yaml', 'html']);

/**
 * The steps of a page, in its order. A block of code is the file that the text before it names last, such as
 * `` `router.js` ``; each line of a block `sh` is a command, and a block `text` is what the command before it prints.
 * @throws Error when a block of code has no name, or an output no command
 */
export function stepsOf(page: string): readonly Step[] {
  const steps: Step[] = [];
  for (const { language, lines, before } of blocksOf(page)) {
    if (FILES.has(language))
      steps.push({ kind: 'write', file: fileIn(before), text: `${lines.join('\n')}\n` });
    if (language === 'sh')
      steps.push(...lines.map((command): Step => ({ kind: 'run', command, prints: undefined })));
    if (language === 'text') {
      const last = steps.pop();
      if (last?.kind !== 'run') throw new Error(`No command prints this:\n${lines.join('\n')}`);
      steps.push({ ...last, prints: lines });
    }
  }
  return steps;
}

function* blocksOf(page: string): Generator<Block> {
  let end = 0;
  for (const match of page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const [whole, language = '', text = ''] = match;
    yield { language, lines: text.trimEnd().split('\n'), before: page.slice(end, match.index) };
    end = match.index + whole.length;
  }
}

function fileIn(text: string): string {
  const file = [...text.matchAll(/`([\w.-]+\.\w+)`/g)].at(-1)?.[1];
  if (file === undefined) throw new Error(`The text before a block of code names no file:\n${text.trim()}`);
  return file;
}
