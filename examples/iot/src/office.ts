/** The office: starts two sites, looks at all devices, commands them, and lets the electricity of one site fail. */
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, ticket, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import type { DeviceKey } from './fleet.ts';
import type { SiteStart } from './site.ts';

const PART = 16 * 1024;

export function openOffice(url: string): Promise<Session> {
  return connect(url, { realm: 'fleet', auth: ticket('operator', 'let-me-look'), serializers: [msgpack] });
}

/** The program of a site, and what makes Node run TypeScript from its sources. */
const SITE = { file: './site.ts', execArgv: ['--import', 'tsx', '--conditions=@wamp/source'] };

/**
 * Starts a process; resolves when all its devices are connected.
 * @param program the compiled site; its source by default
 */
export async function startSite(
  url: string,
  keys: readonly DeviceKey[],
  { file, execArgv }: typeof SITE = SITE,
): Promise<ChildProcess> {
  const site = fork(new URL(file, import.meta.url), { execArgv });
  await ask(site, { url, keys });
  return site;
}

/** Sends a site a message; resolves when it has done what it says, and rejects when it ends instead. */
export async function ask(site: ChildProcess, message: SiteStart | 'measure'): Promise<void> {
  site.send(message);
  const [answer] = (await Promise.race([once(site, 'message'), once(site, 'exit')])) as unknown[];
  if (answer !== 'done') throw new Error(`a site has ended before it answered (exit code ${String(answer)})`);
}

/** Counts by state, beginning with what the router has retained. */
export async function watchStates(office: Session): Promise<Readonly<Record<'online' | 'offline', number>>> {
  const states = new Map<string, string>();
  const counts = { online: 0, offline: 0 };
  const hear = ([state]: ['online' | 'offline'], { topic }: { topic: string }): void => {
    if (states.get(topic) !== state) counts[state] += 1;
    if (state === 'offline' && states.get(topic) === 'online') counts.online -= 1;
    states.set(topic, state);
  };
  await office.subscribe('fleet..state', hear, { match: 'wildcard', getRetained: true });
  return counts;
}

/** Adds up the readings. */
export async function watchReadings(office: Session): Promise<Readonly<{ count: number; sum: number }>> {
  const totals = { count: 0, sum: 0 };
  const hear = ([value]: [number]): void => {
    totals.count += 1;
    totals.sum += value;
  };
  await office.subscribe('fleet..reading', hear, { match: 'wildcard' });
  return totals;
}

/** Sends each device a command. @returns how many have obeyed */
export async function commandAll(office: Session, keys: readonly DeviceKey[]): Promise<number> {
  const answers = keys.map(({ authid }) => office.call(`fleet.${authid}.command`, ['blink']));
  return new Set(await Promise.all(answers)).size;
}

/** Sends a device its firmware in parts of 16 KiB. @returns how often it has told its progress */
export async function upload(office: Session, authid: string, firmware: Uint8Array): Promise<number> {
  function* parts(): Generator<[Uint8Array]> {
    for (let at = PART; at < firmware.length; at += PART) yield [firmware.subarray(at, at + PART)];
  }
  const stream = office.stream(`fleet.${authid}.firmware`, [firmware.subarray(0, PART)], { input: parts() });
  let steps = 0;
  for await (const received of stream) if (Number(received) > 0) steps += 1;
  const { received, sha256 } = (await stream.result) as { received: number; sha256: string };
  const isWhole = sha256 === createHash('sha256').update(firmware).digest('hex');
  if (!isWhole) throw new Error(`${authid} got ${received} bytes that differ from what was sent`);
  return steps;
}
