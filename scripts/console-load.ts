/**
 * `npm run console-load`, after `npm run build`: what the console costs with 2,000 sessions and 5,000 messages a second behind it. It
 * prints how busy its main thread is, and what the router's process takes with and without the console, in turns.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';
import { logInAs, OPERATOR, Scene } from '../apps/dashboard/test/support/scene.ts';
import { connect, ticket, type Session } from '../packages/client/src/index.ts';
import { findBrowser, noBrowser } from './find-browser.ts';

const SESSIONS = 2_000;
/** A call is four messages: CALL, INVOCATION, YIELD and RESULT. */
const CALLS_A_SECOND = 1_250;
/** How often calls are made (ms). */
const BEAT = 20;
/** How long each measurement takes (ms), and how many there are with the console and without. */
const WINDOW = 15_000;
const ROUNDS = 3;
/** What is allowed: of one core. */
const MOST = { mainThread: 0.3, router: 0.05 };
/** Clock ticks a second of /proc. */
const TICKS = 100;

const found = await findBrowser();
if (found === null) throw new Error(noBrowser);
const browser = await chromium.launch(found);
await using scene = await Scene.open();
const sessions: Session[] = [];
while (sessions.length < SESSIONS)
  sessions.push(...(await Promise.all(Array.from({ length: 100 }, () => scene.join()))));
const stop = new AbortController();
const load = makeCalls(sessions, stop.signal);
try {
  await measure(browser, await routerProcess());
} finally {
  stop.abort();
  await load;
  await browser.close();
}

/** What a window of time has shown, each as a share of one core. */
interface Shares {
  readonly router: number;
  readonly mainThread: number;
}

async function measure(pages: Browser, pid: number): Promise<void> {
  const [alone, watched]: [Shares[], Shares[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    alone.push(await shares(pid, undefined));
    const page = await openConsole(pages);
    watched.push(await shares(pid, await page.context().newCDPSession(page)));
    await page.context().close();
  }
  const median = (all: readonly Shares[], of: keyof Shares): number =>
    all.map((each) => each[of]).sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
  const extra = median(watched, 'router') - median(alone, 'router');
  const busy = median(watched, 'mainThread');
  console.log(
    `${SESSIONS} sessions, ${CALLS_A_SECOND * 4} messages/s, medians of ${ROUNDS} windows of ${WINDOW / 1000} s`,
  );
  console.log(`main thread of the console: ${percent(busy)} busy (at most ${percent(MOST.mainThread)})`);
  console.log(
    `router: ${percent(median(alone, 'router'))} of a core alone, ${percent(median(watched, 'router'))} with the console: ` +
      `${percent(extra)} more (at most ${percent(MOST.router)})`,
  );
  if (!(busy < MOST.mainThread && extra < MOST.router)) process.exitCode = 1;
}

async function openConsole(pages: Browser): Promise<Page> {
  const page = await (await pages.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(scene.at('#/overview'));
  await logInAs(page, OPERATOR);
  await page.getByRole('status').getByText('live').waitFor();
  // What loading takes is not counted.
  await sleep(2_000);
  return page;
}

async function shares(pid: number, cdp: CDPSession | undefined): Promise<Shares> {
  await cdp?.send('Performance.enable');
  const [cpu, busy, started] = [cpuOf(pid), await busyOf(cdp), performance.now()];
  await sleep(WINDOW);
  const seconds = (performance.now() - started) / 1000;
  return { router: (cpuOf(pid) - cpu) / seconds, mainThread: ((await busyOf(cdp)) - busy) / seconds };
}

/** For how long the main thread of a page has worked (s). */
async function busyOf(cdp: CDPSession | undefined): Promise<number> {
  const { metrics } = (await cdp?.send('Performance.getMetrics')) ?? { metrics: [] };
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

/** The CPU time that a process has taken (s). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

async function routerProcess(): Promise<number> {
  const url = `${scene.origin.replace('http', 'ws')}/ws` as const;
  const auth = ticket(OPERATOR.authid, OPERATOR.secret);
  await using operator = await connect(url, { realm: 'wamp.admin', auth });
  return ((await operator.call('wamp.admin.status')) as { readonly pid: number }).pid;
}

/** Calls at an even pace, by all sessions in turn; those that are late are made up for. */
async function makeCalls(all: readonly Session[], signal: AbortSignal): Promise<void> {
  await all[0]?.register('com.example.add', ([a, b]) => Number(a) + Number(b));
  const started = performance.now();
  let made = 0;
  while (!signal.aborted) {
    const due = ((performance.now() - started) / 1000) * CALLS_A_SECOND;
    for (; made < due; made += 1)
      void all[1 + (made % (all.length - 1))]?.call('com.example.add', [1, 2]).catch(() => undefined);
    await sleep(BEAT);
  }
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
