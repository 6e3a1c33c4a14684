/** What was published: its size, and whether it contains what does not belong in a package. */
import type { Published } from './copy.ts';
import type { Registry } from './registry.ts';
import { StepFailed } from './step.ts';
import { filesOf } from './tarball.ts';

/** How large a package is, packed and unpacked (bytes), and on how many others it depends. */
export interface Size {
  readonly packed: number;
  readonly unpacked: number;
  readonly dependencies: number;
}

/** The files of a package: what is compiled, and what npm wants beside it. */
const PUBLISHED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/.*\.(js|d\.ts)|dist\/cjs\/package\.json)$/;
/** Folders that `@wamp/router-server` publishes besides: pages, and files to deploy it with. */
const OF_SERVER = /^(public|web|deploy|schema)\//;
/** Names of files that no package may contain, also where others may be: tests, sources, maps of sources, configuration of tools. */
const NOT_PUBLISHED =
  /(^|\/)(tests?|__tests__|src|api)\/|\.(test|spec)\.|\.map$|\.tsbuildinfo$|(^|\/)(tsconfig[^/]*|typedoc|turbo|vite\.config|vitest\.config)\.[a-z]+$/;

interface RegistryDocument {
  readonly versions: Readonly<
    Record<
      string,
      {
        readonly dist: { readonly tarball: string };
        readonly dependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

/**
 * Downloads a package from the registry, and looks through it.
 * @param forbidden paths that it must not contain: those of the machine on which it was built
 * @throws StepFailed when it contains one of them, or a file that does not belong there, or is not in the registry
 */
export async function inspect(
  { name, version }: Published,
  registry: Registry,
  forbidden: readonly string[],
): Promise<Size> {
  const answer = await fetch(`${registry.url}${name.replace('/', '%2f')}`);
  const entry = ((await answer.json()) as RegistryDocument).versions[version];
  if (entry === undefined) throw new StepFailed(`${name}@${version} is not in the registry`);
  const tarball = await fetch(entry.dist.tarball);
  const packed = new Uint8Array(await tarball.arrayBuffer());
  const files = filesOf(packed);
  const faults = faultsIn(name, files, forbidden);
  if (faults.length > 0) throw new StepFailed(`${name}@${version}: ${faults.slice(0, 5).join('; ')}`);
  const unpacked = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    packed: packed.length,
    unpacked,
    dependencies: Object.keys(entry.dependencies ?? {}).length,
  };
}

/**
 * What a package contains and should not: files that no user needs, and paths of the machine on which it was built.
 * @param name of the package
 * @param files its files, by their paths in it
 * @param forbidden the paths, as this machine writes them
 * @returns one line for each
 */
export function faultsIn(
  name: string,
  files: ReadonlyMap<string, Uint8Array>,
  forbidden: readonly string[],
): readonly string[] {
  const isPublished = (file: string): boolean =>
    (PUBLISHED.test(file) || (name === '@wamp/router-server' && OF_SERVER.test(file))) &&
    !NOT_PUBLISHED.test(file);
  const paths = [...new Set(forbidden.flatMap(spellings))];
  return [...files].flatMap(([file, contents]) => {
    const path = paths.find((each) => Buffer.from(contents).includes(each));
    return [
      ...(isPublished(file) ? [] : [`${file} does not belong in a package`]),
      ...(path === undefined ? [] : [`${file} contains ${path}, a path of this machine`]),
    ];
  });
}

/** A path as it is; on Windows, also as it is in a string of JavaScript, and in a URL. */
function spellings(path: string): readonly string[] {
  return [path, path.replaceAll('\\', '\\\\'), path.replaceAll('\\', '/')];
}
