/** Pictures of the console in docs/images: its views and states, on a desktop and a phone, light and dark. */
import type { Browser, Page } from 'playwright-core';
import { logInAs, OPERATOR, Scene, VIEWER } from '../apps/dashboard/test/support/scene.ts';
import { Cable } from '../apps/chat/test/support/cable.ts';
import type { Session } from '../packages/client/src/index.ts';
import { DESKTOP, takeAll as takeEach, type Take } from './picture-sizes.ts';

const takeAll = (page: Page, name: string, take: Take): Promise<void> =>
  takeEach(page, `console-${name}`, take);

/** How long there is traffic before the pictures are taken (ms): charts have something to show. */
const TRAFFIC = 60_000;

/** The views, by the name of their picture. */
const VIEWS: readonly (readonly [name: string, place: string])[] = [
  ['overview', '#/overview'],
  ['sessions', '#/sessions/realm1?sort=sent&order=down'],
  ['registrations', '#/registrations/realm1'],
  ['subscriptions', '#/subscriptions/realm1'],
  ['tail', '#/tail/realm1?topic=com.example.&match=prefix&payloads=yes'],
  ['log', '#/log'],
  ['empty', '#/sessions/com.example.quiet'],
  ['no-match', '#/subscriptions/realm1?uri=nothing-is-called-that'],
  ['no-session', '#/sessions/realm1/4711'],
  ['no-realm', '#/sessions/com.example.nowhere'],
  ['workbench-closed', '#/workbench/com.example.shop?action=publish'],
];

export async function pictureConsole(browser: Browser, take: Take): Promise<void> {
  await using scene = await Scene.open();
  const stop = new AbortController();
  const clients = await Promise.all(Array.from({ length: 230 }, () => scene.join()));
  const busy = keepBusy(clients, stop.signal);
  const page = await (await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' })).newPage();
  await page.goto(scene.at());
  await takeAll(page, 'log-in', take);
  await logInAs(page, { ...OPERATOR, secret: 'wrong' });
  await page.getByRole('alert').waitFor();
  await takeAll(page, 'refused', take);
  await logInAs(page, OPERATOR);
  await page.getByRole('status').getByText('live').waitFor();
  await page.waitForTimeout(TRAFFIC);
  for (const [name, place] of [
    ...VIEWS,
    ['session', `#/sessions/realm1/${String(clients[1]?.id)}`] as const,
  ]) {
    await page.goto(scene.at(place));
    // Rates are known from the second answer on.
    await page.waitForTimeout(6_000);
    await takeAll(page, name, take);
  }
  await pictureDialogs(page, scene, { victim: clients[1]?.id ?? 0, take });
  await pictureWorkbench(page, scene, take);
  await pictureRealm(page, scene, take);
  await pictureWaiting(browser, scene, take);
  await pictureDenied(browser, scene, take);
  stop.abort();
  await busy;
  await scene.stop().then(async (startAgain) => {
    await page.getByRole('alert').filter({ hasText: 'Disconnected' }).waitFor();
    await takeAll(page, 'lost', take);
    await startAgain();
  });
}

interface DialogScene {
  /** The session that might be killed. */
  readonly victim: number;
  readonly take: Take;
}

async function pictureDialogs(page: Page, scene: Scene, { victim, take }: DialogScene): Promise<void> {
  const open = async (place: string, button: string, name: string): Promise<void> => {
    await page.goto(scene.at(place));
    await page.getByRole('button', { name: button }).click();
    await page.getByRole('dialog').waitFor();
    await takeAll(page, name, take);
    await page.keyboard.press('Escape');
  };
  await open(`#/sessions/realm1/${victim}`, 'Kill …', 'kill');
  await open('#/overview', 'Reload configuration …', 'reload');
  await open('#/overview', 'Drain …', 'drain');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await takeAll(page, 'keys', take);
  await page.keyboard.press('Escape');
}

/** What anybody sees without a log-in. */
async function pictureRealm(page: Page, scene: Scene, take: Take): Promise<void> {
  await page.goto(scene.at('?view=realm1'));
  await page.waitForTimeout(8_000);
  await takeAll(page, 'realm', take);
}

/** A log-in at another router, and a router that does not answer. */
async function pictureWaiting(browser: Browser, scene: Scene, take: Take): Promise<void> {
  await using cable = await Cable.to(`${scene.origin.replace('http', 'ws')}/ws`);
  const page = await (await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' })).newPage();
  await page.goto(scene.at(`?router=${cable.url}#/log`));
  await takeAll(page, 'other-router', take);
  await logInAs(page, OPERATOR);
  await page.getByRole('status').getByText('live').waitFor();
  const release = cable.hold();
  await page.goto(scene.at(`?router=${cable.url}#/registrations/realm1`));
  await page.waitForTimeout(500);
  await takeAll(page, 'loading', take);
  release();
  await page.context().close();
}

async function pictureWorkbench(page: Page, scene: Scene, take: Take): Promise<void> {
  await page.goto(scene.at('#/workbench/realm1?action=call&uri=com.example.count'));
  await page.getByRole('button', { name: 'Join as anonymous' }).click();
  await page.getByLabel('Args', { exact: true }).fill('[3]');
  await page.getByLabel('Kwargs').fill('{"unit": "ticks"}');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('listitem').filter({ hasText: 'counted' }).waitFor();
  await takeAll(page, 'workbench', take);
}

async function pictureDenied(browser: Browser, scene: Scene, take: Take): Promise<void> {
  const page = await (await browser.newContext({ viewport: DESKTOP, reducedMotion: 'reduce' })).newPage();
  await page.goto(scene.at('#/log'));
  await logInAs(page, VIEWER, 'ticket');
  await page.getByText('Your role may not see this.').waitFor();
  await takeAll(page, 'denied', take);
}

/** Calls and events at a rate that rises and falls, some errors, and names that are long. */
async function keepBusy([server, ...clients]: readonly Session[], stop: AbortSignal): Promise<void> {
  await server?.register('com.example.add', ([a, b]) => Number(a) + Number(b));
  await server?.register('com.example.count', async ([most], { progress }) => {
    for (let number = 1; number <= Number(most); number += 1) await progress(number);
    return 'counted';
  });
  await server?.register(
    'com.example.warehouse.a-procedure-with-a.rather-long-name.that-goes-on-to-the-end',
    () => 1,
  );
  for (const client of clients.slice(0, 30)) await client.subscribe('com.example.ticks', () => undefined);
  await clients[0]?.subscribe('com.example.', () => undefined, { match: 'prefix' });
  const started = Date.now();
  while (!stop.aborted) {
    const wave = 1.2 + Math.sin((Date.now() - started) / 9000);
    for (const client of clients.slice(0, Math.ceil(wave * 6))) {
      await client.call('com.example.add', [1, 2]);
      await client.publish('com.example.ticks', [Math.round(wave * 100)]);
    }
    await clients[0]?.call('com.example.missing').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
