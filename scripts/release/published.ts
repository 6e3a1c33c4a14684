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

/** Names of files that no package may contain: tests, sources, maps of sources, configuration of tools. */
const NOT_PUBLISHED =
  /(^|\/)(test|src|api)\/|\.test\.|\.map$|\.tsbuildinfo$|(^|\/)(tsconfig[^/]*|typedoc|turbo|vite\.config|vitest\.config)\.[a-z]+$/;

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
  const extra = [...files.keys()].filter((file) => NOT_PUBLISHED.test(file));
  if (extra.length > 0)
    throw new StepFailed(
      `${name}@${version} contains files that no user needs: ${extra.slice(0, 5).join(', ')}`,
    );
  for (const [file, contents] of files) {
    const path = forbidden.find((each) => Buffer.from(contents).includes(each));
    if (path !== undefined)
      throw new StepFailed(`${name}@${version}: ${file} contains ${path}, a path of this machine`);
  }
  const unpacked = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    packed: packed.length,
    unpacked,
    dependencies: Object.keys(entry.dependencies ?? {}).length,
  };
}
