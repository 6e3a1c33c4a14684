/** Published advisories about the packages that are installed with ours: asked of the registry, and of a list kept here. */
import { runToAnyEnd } from './step.ts';

/** A package as it was installed. */
export interface Installed {
  readonly name: string;
  readonly version: string;
}

/** Versions of a package with a known fault: from `since` on, until `fixed`. */
interface Advisory {
  readonly id: string;
  readonly name: string;
  readonly since: string;
  readonly fixed: string;
}

/** When somebody last went through the list below. It is for machines without the registry, and no replacement for it. */
export const REVIEWED = '2026-11-28';

const KNOWN: readonly Advisory[] = [
  { id: 'GHSA-3h5v-q93c-6h6q', name: 'ws', since: '8.0.0', fixed: '8.17.1' },
  { id: 'GHSA-96hv-2xvq-fx4p', name: 'ws', since: '8.0.0', fixed: '8.21.0' },
  { id: 'GHSA-f9xv-q969-pqx4', name: 'yaml', since: '2.0.0', fixed: '2.2.2' },
  { id: 'GHSA-48c2-rrv3-qjmp', name: 'yaml', since: '2.0.0', fixed: '2.8.3' },
  { id: 'GHSA-7hpj-7hhx-2fgx', name: 'msgpackr', since: '0.0.0', fixed: '1.10.1' },
  { id: 'GHSA-m95q-7qp3-xv42', name: 'zod', since: '0.0.0', fixed: '3.22.3' },
  { id: 'GHSA-hhhv-q57g-882q', name: 'jose', since: '3.0.0', fixed: '4.15.5' },
  { id: 'GHSA-xvch-5gv4-984h', name: 'minimist', since: '1.0.0', fixed: '1.2.6' },
];

/** What `npm audit --json` writes when the registry answered. */
interface AuditReport {
  readonly auditReportVersion?: number;
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
  /** Without an answer: why. */
  readonly statusCode?: number;
  readonly error?: { readonly code?: string };
}

/** What the registry says of the packages in a project. */
export type RegistryAnswer =
  | { readonly asked: true; readonly faults: readonly string[] }
  | { readonly asked: false; readonly why: string };

/** The entries of the list that an installed package has, one line each. */
export function knownFaults(installed: readonly Installed[]): readonly string[] {
  return installed.flatMap(({ name, version }) =>
    KNOWN.filter(
      (known) => known.name === name && !isBefore(version, known.since) && isBefore(version, known.fixed),
    ).map(({ id, fixed }) => `${name}@${version}: ${id}, fixed in ${fixed}`),
  );
}

/** Asks the registry that npm is configured with. @param folder a project with a lockfile */
export async function askRegistry(folder: string): Promise<RegistryAnswer> {
  const { output } = await runToAnyEnd('npm', ['audit', '--json'], { cwd: folder });
  return readAudit(output);
}

/** Reads what `npm audit --json` wrote; other lines may surround the report. */
export function readAudit(output: string): RegistryAnswer {
  const [text = '{}'] = /^\{$[^]*^\}$/m.exec(output) ?? [];
  const { auditReportVersion, vulnerabilities = {}, statusCode, error } = JSON.parse(text) as AuditReport;
  if (auditReportVersion === undefined)
    return { asked: false, why: `npm audit got ${String(statusCode ?? error?.code ?? 'no answer')}` };
  const faults = Object.entries(vulnerabilities).map(
    ([name, { severity, range }]) => `${name} ${range}: ${severity}`,
  );
  return { asked: true, faults };
}

/** Whether a version comes before another. Prereleases count as their release. */
function isBefore(version: string, other: string): boolean {
  const [one, two] = [version, other].map((each) => each.split(/[.-]/).slice(0, 3).map(Number));
  for (const [index, part] of (one ?? []).entries()) {
    const difference = part - (two?.[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
