/** Stands in for the registry while the packages are not published: an `npm install` of their packed tarballs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StepFailed } from '../release/step.ts';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Where `npm run tarballs` puts what it packs. */
const TARBALLS = 'tarballs';

/**
 * A command `npm install` with the packed tarballs of our packages, and of those that they need, instead of their names.
 * Any other command stays as it is.
 * @param root of the repository
 */
export function withTarballs(command: string, root: string): string {
  if (!command.startsWith('npm install ')) return command;
  const words = command.split(' ');
  const ours = words.filter((word) => word.startsWith('@wamp/'));
  const all = new Set(ours.flatMap((name) => [name, ...neededBy(name, root)]));
  const others = words.filter((word) => !word.startsWith('@wamp/'));
  return [...others, ...[...all].map((name) => tarballOf(name, root))].join(' ');
}

function tarballOf(name: string, root: string): string {
  const folder = join(root, TARBALLS);
  const prefix = `${name.replace('@', '').replace('/', '-')}-`;
  const found = existsSync(folder)
    ? readdirSync(folder).find((file) => file.startsWith(prefix) && /^\d/.test(file.slice(prefix.length)))
    : undefined;
  if (found === undefined)
    throw new StepFailed(`${folder} has no tarball of ${name}: run npm run tarballs first`);
  return join(folder, found);
}

function neededBy(name: string, root: string): readonly string[] {
  const folder = name === '@wamp/router-server' ? 'apps/router' : name.replace('@wamp/', 'packages/');
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(root, folder, 'package.json'), 'utf8'),
  ) as Manifest;
  const ours = Object.keys(dependencies).filter((each) => each.startsWith('@wamp/'));
  return ours.flatMap((each) => [each, ...neededBy(each, root)]);
}
