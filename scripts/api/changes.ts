/** Breaking changes: declarations that a release had and the next one has not, and the changesets that announce them. */
/** What a package no longer declares as it did in the last release. */
export interface Removal {
  readonly name: string;
  /** The entry point, such as `index`. */
  readonly entry: string;
  /** The lines of the report that are gone. */
  readonly lines: readonly string[];
}

/** What a changeset says of versions: which packages get which bump. */
interface Announcement {
  readonly releases: readonly { readonly name: string; readonly type: string }[];
}

/**
 * The lines of code of one API report that another lacks. Added lines alone are no breaking change; a changed declaration is
 * a removed line and an added one.
 */
export function removedLines(before: string, after: string): readonly string[] {
  const left = new Map<string, number>();
  for (const line of codeOf(after)) left.set(line, (left.get(line) ?? 0) + 1);
  return codeOf(before).filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/** Comments, imports and the text around the code do not count. */
function codeOf(report: string): readonly string[] {
  const block = /```ts\n([^]*?)\n```/.exec(report)?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('//') && !/^import .* from '.*';$/.test(line));
}

/** Whether a version before 1.0.0 is released: there, a minor version may break what was. */
function isInitial(version: string): boolean {
  return version.startsWith('0.');
}

/** Whether a version may break what another had: its first number differs, or before 1.0.0 its second. */
function mayBreak(version: string, next: string): boolean {
  const [[major, minor], [nextMajor, nextMinor]] = [version.split('.'), next.split('.')];
  return major !== nextMajor || (major === '0' && minor !== nextMinor);
}

/**
 * Finds removals that neither a pending changeset announces, nor a version that is already raised.
 * @param version the one that was released last
 * @param next the one in the manifests; after `changeset version` it is raised, and the changesets are gone
 * @returns those whose package no changeset names with a bump that allows them: `major`, or `minor` before 1.0.0
 */
export function unannounced(
  removals: readonly Removal[],
  changesets: readonly Announcement[],
  version: string,
  next: string = version,
): readonly Removal[] {
  if (mayBreak(version, next)) return [];
  const allowed = new Set(
    changesets
      .flatMap(({ releases }) => releases)
      .filter(({ type }) => type === 'major' || (type === 'minor' && isInitial(version)))
      .map(({ name }) => name),
  );
  return removals.filter(({ name }) => !allowed.has(name));
}
