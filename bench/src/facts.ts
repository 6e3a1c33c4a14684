/** The facts on which figures depend: the machine, and the versions of all software. */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';

export interface Facts {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  /** What is measured, with versions. */
  readonly contenders: string;
  /** How it is measured. */
  readonly method: string;
}

export function factsOf(pinned: boolean, runs: number, seconds: number): Facts {
  const [cpu] = cpus();
  const cores = cpus().length;
  const memory = Math.round(totalmem() / 2 ** 30);
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpu?.model.trim() ?? 'unknown CPU'}, ${cores} cores, ${memory} GiB; ${type()} ${release()}`,
    node: process.versions.node,
    contenders: [
      `relay and our router on \`ws\` ${versionOf('ws')} with \`bufferutil\` ${versionOf('bufferutil')}`,
      `@wamp/router ${versionOf('@wamp/router')}${commit()}`,
      `fox-wamp ${versionOf('fox-wamp')}`,
    ].join('; '),
    method:
      `median of ${runs} runs of ${seconds} s, contenders in turns; ` +
      (pinned ? 'contenders on one core, the load on another' : 'nothing is pinned to a core'),
  };
}

function versionOf(name: string): string {
  const { version } = createRequire(import.meta.url)(`${name}/package.json`) as { readonly version: string };
  return version;
}

/** Such as ` at 1a2b3c4`; empty outside a repository. */
function commit(): string {
  try {
    const head = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return ` at ${head.toString().trim()}`;
  } catch {
    return '';
  }
}
