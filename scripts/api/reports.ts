/** API reports: the public types of every entry point of a package, as text that a reviewer can compare. */
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** An entry point of a package: how its report is named, and where its built types are. */
interface EntryPoint {
  readonly name: string;
  readonly types: string;
}

/** A package of the workspace that publishes types. */
export interface TypedPackage {
  readonly name: string;
  readonly folder: string;
  readonly entries: readonly EntryPoint[];
}

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, string | { readonly types?: string }>>;
}

/** The packages under `packages/` that publish types. @param root the repository */
export function typedPackages(root: string): readonly TypedPackage[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .map((folder) => ({ folder, manifest: manifestIn(folder) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => ({ name: manifest.name, folder, entries: entriesOf(manifest) }))
    .filter(({ entries }) => entries.length > 0);
}

function entriesOf({ exports = {} }: Manifest): readonly EntryPoint[] {
  return Object.entries(exports).flatMap(([path, target]) => {
    if (typeof target === 'string' || target.types === undefined) return [];
    return [{ name: path === '.' ? 'index' : basename(path), types: target.types }];
  });
}

/** The folder with the reports of a package. */
function reportFolder({ folder }: TypedPackage): string {
  return join(folder, 'api');
}

/**
 * Compares the reports of a package with its built types, or replaces them.
 * @param write replaces the reports that differ, and removes those of entry points that are gone
 * @returns the reports that differ, as paths
 */
export function updateReports(root: string, typed: TypedPackage, write: boolean): readonly string[] {
  const folder = reportFolder(typed);
  const fresh = join(root, 'node_modules', '.cache', 'wamp-api', basename(typed.folder));
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  extract(root, typed, fresh);
  const known = existsSync(folder) ? readdirSync(folder) : [];
  const names = new Set([...known, ...readdirSync(fresh)]);
  const differing = [...names].filter((name) => textOf(join(folder, name)) !== textOf(join(fresh, name)));
  if (write) for (const name of differing) replace(join(folder, name), textOf(join(fresh, name)));
  return differing.map((name) => join('packages', basename(typed.folder), 'api', name));
}

/** Writes the reports of all entry points of a package into a folder; its types are read once. */
function extract(root: string, typed: TypedPackage, into: string): void {
  const configs = typed.entries.map((entry) => configuration(typed, entry, into));
  const [first] = configs;
  if (first === undefined) return;
  const typescriptCompilerFolder = join(root, 'node_modules', 'typescript');
  const additionalEntryPoints = configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath);
  const compilerState = CompilerState.create(first, { additionalEntryPoints, typescriptCompilerFolder });
  for (const config of configs) {
    const { succeeded } = Extractor.invoke(config, {
      localBuild: true,
      typescriptCompilerFolder,
      compilerState,
      messageCallback: (message) => {
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    if (succeeded) continue;
    throw new Error(
      `${typed.name}: no API report of ${config.mainEntryPointFilePath}: run npm run build first`,
    );
  }
}

function configuration({ folder }: TypedPackage, entry: EntryPoint, into: string): ExtractorConfig {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: join(folder, entry.types),
      // Other packages are read as built, too: their sources would be checked once more for each package that uses them.
      compiler: {
        overrideTsconfig: { extends: './tsconfig.build.json', compilerOptions: { customConditions: [] } },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${entry.name}.api.md`,
        reportFolder: into,
        reportTempFolder: join(into, '..', 'temporary'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: { extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } } },
      newlineKind: 'lf',
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(folder, 'package.json'),
  });
}

function replace(path: string, text: string): void {
  if (text === '') {
    rmSync(path);
    return;
  }
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
