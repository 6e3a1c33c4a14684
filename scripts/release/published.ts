/** What was published: its size and its contents. */
import { gunzipSync } from 'node:zlib';
import type { Published } from './copy.ts';
import type { Registry } from './registry.ts';
import { StepFailed } from './step.ts';

/** How large a package is, packed and unpacked (bytes), and on how many others it depends. */
export interface Size {
  readonly packed: number;
  readonly unpacked: number;
  readonly dependencies: number;
}

/**
 * Downloads a package from the registry.
 * @param forbidden paths that it must not contain: those of the machine it was built on
 * @throws StepFailed when it contains one, or is not there
 */
export async function inspect(
  { name, version }: Published,
  registry: Registry,
  forbidden: readonly string[],
): Promise<Size> {
  const answer = await fetch(`${registry.url}${name.replace('/', '%2f')}`);
  const document = (await answer.json()) as {
    readonly versions: Readonly<
      Record<
        string,
        {
          readonly dist: { readonly tarball: string };
          readonly dependencies?: Readonly<Record<string, string>>;
        }
      >
    >;
  };
  const entry = document.versions[version];
  if (entry === undefined) throw new StepFailed(`${name}@${version} is not in the registry`);
  const tarball = await fetch(entry.dist.tarball);
  const packed = new Uint8Array(await tarball.arrayBuffer());
  const dependencies = Object.keys(entry.dependencies ?? {}).length;
  const contents = gunzipSync(packed);
  const path = forbidden.find((each) => contents.includes(each));
  if (path !== undefined) throw new StepFailed(`${name}@${version} contains ${path}, a path of this machine`);
  return { packed: packed.length, unpacked: contents.length, dependencies };
}
