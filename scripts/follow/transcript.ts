/** A section of the documentation as a terminal shows it: commands with what they print, and changes of a file as a diff. */

export type Act =
  | { readonly kind: 'command'; readonly command: string; readonly prints: string }
  | { readonly kind: 'change'; readonly hunks: readonly Hunk[] };

/** Lines of a file, and those that take their place. */
export interface Hunk {
  readonly before: string;
  readonly after: string;
}

/**
 * The acts of a section, in its order: the commands of blocks `console`, and the changes of blocks `diff`.
 * @throws Error when the page has no such section
 */
export function actsOf(page: string, section: string): readonly Act[] {
  const begin = page.indexOf(`\n## ${section}\n`);
  if (begin < 0) throw new Error(`The page has no section ${JSON.stringify(section)}`);
  const end = page.indexOf('\n## ', begin + 1);
  const text = page.slice(begin, end < 0 ? undefined : end);
  return [...text.matchAll(/^```(console|diff)\n([\s\S]*?)^```$/gm)].flatMap(
    ([, language, block = '']): readonly Act[] =>
      language === 'diff' ? [{ kind: 'change', hunks: hunksOf(block) }] : commandsOf(block),
  );
}

function commandsOf(block: string): readonly Act[] {
  const [preface, ...parts] = block.split(/^\$ /m);
  if (preface !== '') throw new Error(`No command prints this:\n${preface}`);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { kind: 'command', command: part.slice(0, end), prints: part.slice(end + 1).trimEnd() };
  });
}

function hunksOf(block: string): readonly Hunk[] {
  return block.split(/^@@.*\n/m).map((hunk) => ({ before: side(hunk, '-'), after: side(hunk, '+') }));
}

/** The lines of one side of a hunk, with those that both sides have. */
function side(hunk: string, sign: '-' | '+'): string {
  return hunk
    .split(/(?<=\n)/)
    .filter((line) => line.startsWith(' ') || line.startsWith(sign))
    .map((line) => line.slice(1))
    .join('');
}

/** A file with its changes. @throws Error when lines to change are not there, or are there more than once */
export function changed(text: string, hunks: readonly Hunk[]): string {
  let now = `\n${text}`;
  for (const { before, after } of hunks) {
    const place = now.indexOf(`\n${before}`) + 1;
    if (place === 0) throw new Error(`The file does not have these lines:\n${before}`);
    if (place !== now.lastIndexOf(`\n${before}`) + 1)
      throw new Error(`The file has these lines more than once:\n${before}`);
    now = now.slice(0, place) + after + now.slice(place + before.length);
  }
  return now.slice(1);
}

/** Whether a command has printed what the page says, where `…` stands for any text. */
export function isPrinted(output: string, prints: string): boolean {
  const parts = prints.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^]*?')}$`).test(output.trim());
}
