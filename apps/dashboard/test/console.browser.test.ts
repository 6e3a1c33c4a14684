/** The console in a real browser, in front of a router that was built. */
import type { Locator, Page } from 'playwright-core';
import { expect, test, type TestContext } from 'vitest';
import type { Session } from '../../../packages/client/src/index.ts';
import { logInAs, OPERATOR, Scene, VIEWER } from './support/scene.ts';
import { browserOfFile } from './support/browser-of-file.ts';

const browser = browserOfFile();

/** A page of an operator at a place of the console. */
async function operatorAt(context: TestContext, scene: Scene, place = ''): Promise<Page> {
  const page = await browser(context).page(scene.at(place));
  await logInAs(page, OPERATOR);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  return page;
}

test('E5 a log-in is refused with a reason, accepted by each method, remembered when wanted, and forgotten', async (context) => {
  await using scene = await Scene.open();
  const page = await browser(context).page(scene.at('#/log'));
  await logInAs(page, { ...OPERATOR, secret: 'wrong' });
  await page.getByRole('alert').filter({ hasText: 'refused this name, secret or method' }).waitFor();
  for (const method of ['wampcra', 'ticket', 'wamp-scram']) {
    await logInAs(page, OPERATOR, method);
    await page.getByRole('heading', { name: 'Recent log entries' }).waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('button', { name: 'Log in' }).waitFor();
  }
  await page.getByLabel('Remember me').check();
  await logInAs(page, OPERATOR);
  await page.getByRole('link', { name: 'login_refused 1' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Recent log entries' }).waitFor();
  const stored = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
  expect(stored).toContain('olga');
  expect(stored).not.toContain(OPERATOR.secret);
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('olga');
  expect(browser(context).complaints).toEqual([]);
});

test('E5 a session appears, is described, and is killed', async (context) => {
  await using scene = await Scene.open();
  const page = await operatorAt(context, scene, '#/sessions/realm1');
  await page.getByText('There are no sessions.').waitFor();
  const client = await scene.join();
  const id = String(client.id);
  await client.subscribe('com.example.news', () => undefined);
  await page.getByRole('link', { name: id }).click();
  await page.getByRole('link', { name: 'com.example.news' }).waitFor();
  await page.getByText('pattern based subscription').waitFor();
  await page.getByRole('button', { name: 'Kill …' }).click();
  await page.getByLabel('Message to the client').fill('for the test');
  await page.getByRole('button', { name: 'Kill', exact: true }).click();
  expect(await client.closed).toMatchObject({ reason: 'wamp.close.killed' });
  await page.getByText('There are no sessions.').waitFor();
  await page.goto(scene.at(`#/sessions/realm1/${id}`));
  await page.getByText('This session has ended.').waitFor();
  expect(browser(context).complaints).toEqual([]);
});

test('E5 charts begin before the page was opened, move, leave the console out, and tell values to the keyboard', async (context) => {
  await using scene = await Scene.open();
  const [caller, callee] = [await scene.join(), await scene.join()];
  await callee.register('com.example.add', ([a, b]: number[]) => Number(a) + Number(b));
  for (let count = 0; count < 500; count += 1) await caller.call('com.example.add', [1, count]);
  const page = await operatorAt(context, scene);
  const figure = (name: string) => page.locator(`[data-figure="${name}"]`);
  await figure('Sessions').getByText('2', { exact: true }).waitFor();
  await figure('Calls')
    .filter({ hasText: /^[1-9]/ })
    .waitFor();
  const chart = page.getByRole('img', { name: /^Traffic per second/ });
  const calls = page.locator('[data-value="calls"]');
  // Nobody calls any more but this console.
  await calls.getByText('0', { exact: true }).waitFor();
  await chart.focus();
  await page.keyboard.press('PageUp');
  await calls.filter({ hasText: /^–$/ }).waitFor();
  await page.keyboard.press('ArrowRight');
  await calls.filter({ hasText: /^[1-9]/ }).waitFor();
  await page.keyboard.press('Escape');
  await calls.getByText('0', { exact: true }).waitFor();
  await page.getByRole('row', { name: /^wamp\.admin this console/ }).waitFor();
  expect(browser(context).complaints).toEqual([]);
});

test('E5 the workbench calls with progress, publishes, subscribes and registers, and remembers what was tried', async (context) => {
  await using scene = await Scene.open();
  const client = await scene.join();
  await client.register('com.example.count', async ([most]: number[], { progress }) => {
    for (let number = 1; number <= Number(most); number += 1) await progress(number);
    return 'counted';
  });
  const page = await operatorAt(context, scene, '#/workbench/realm1?action=call&uri=com.example.count');
  await page.getByRole('button', { name: 'Join as anonymous' }).click();
  await page.getByLabel('Args', { exact: true }).fill('[3,');
  await page.getByText('line 1, column 4:').waitFor();
  await page.getByLabel('Args', { exact: true }).fill('[3]');
  await page.keyboard.press('Control+Enter');
  const outcomes = page.getByRole('region', { name: 'What came of it' }).getByRole('listitem');
  await outcomes.filter({ hasText: 'counted' }).waitFor();
  expect(await outcomes.filter({ hasText: 'progress' }).count()).toBe(3);
  await page.getByRole('button', { name: 'subscribe' }).click();
  await page.getByLabel('Topic').fill('com.example.news');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await outcomes.filter({ hasText: 'subscribed' }).waitFor();
  await client.publish('com.example.news', ['hello'], { acknowledge: true });
  await outcomes.filter({ hasText: 'event' }).filter({ hasText: 'hello' }).waitFor();
  await page.getByRole('button', { name: 'register' }).click();
  await page.getByLabel('Procedure').fill('com.example.echo');
  await page.getByLabel('Answer Args').fill('');
  await page.getByRole('button', { name: 'Register', exact: true }).click();
  await outcomes.filter({ hasText: 'registered' }).waitFor();
  expect(await client.call('com.example.echo', ['back'])).toBe('back');
  await page.getByRole('button', { name: /^call com\.example\.count/ }).click();
  expect(await page.getByLabel('Args', { exact: true }).inputValue()).toBe('[3]');
  expect(browser(context).complaints).toEqual([]);
});

test('E5 five thousand sessions come in fifty pages, sorted and searched by the router', async (context) => {
  await using scene = await Scene.open();
  const sessions = [];
  while (sessions.length < 5_000) {
    sessions.push(...(await Promise.all(Array.from({ length: 100 }, () => scene.join()))));
  }
  const page = await operatorAt(context, scene, '#/sessions/realm1');
  const links = page.getByRole('region', { name: 'Sessions', exact: true }).locator('tbody a');
  const seen = new Set<string>();
  const range = page.getByRole('navigation', { name: 'Pages' }).getByRole('status');
  for (let first = 1; first <= 5_000; first += 100) {
    const text = `${first.toLocaleString('en')}–${(first + 99).toLocaleString('en')} of 5,000 sessions`;
    await range.getByText(text, { exact: true }).waitFor();
    for (const id of await links.allTextContents()) seen.add(id);
    expect(await links.count()).toBe(100);
    if (first < 4_901) await page.getByRole('link', { name: 'Next' }).click();
  }
  expect(seen).toEqual(new Set(sessions.map(({ id }) => String(id))));
  expect(await page.getByRole('link', { name: 'Next' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Sent' }).click();
  await page
    .getByRole('columnheader', { name: 'Sent' })
    .and(page.locator('[aria-sort="descending"]'))
    .waitFor();
  await page.getByLabel('Find sessions').fill(String(sessions[77]?.id));
  await range.getByText('1–1 of 1 session, 5,000 in all', { exact: true }).waitFor();
  expect(browser(context).complaints).toEqual([]);
});

/** Publishes once a frame until the page shows it: a tail begins when its call reaches the router, which no page tells. */
async function publishUntil(client: Session, page: Page, shown: Locator): Promise<void> {
  while ((await shown.count()) === 0) {
    await client.publish('com.example.news', ['secret'], { acknowledge: true });
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
}

test('E5 registrations and subscriptions show who has them; a tail shows what is published', async (context) => {
  await using scene = await Scene.open();
  const client = await scene.join();
  await client.register('com.example.add', () => 5, { invoke: 'roundrobin' });
  await client.subscribe('com.example.', () => undefined, { match: 'prefix' });
  const page = await operatorAt(context, scene, '#/registrations/realm1');
  await page
    .getByRole('row', { name: /com\.example\.add exact roundrobin/ })
    .locator('summary')
    .click();
  await page.getByRole('link', { name: String(client.id) }).waitFor();
  await page.goto(scene.at('#/subscriptions/realm1'));
  await page
    .getByRole('row', { name: /com\.example\. prefix/ })
    .getByRole('link', { name: 'tail' })
    .click();
  const tail = page.getByRole('region', { name: 'Live tail' });
  await tail.getByText('Waiting for the first message').waitFor();
  await publishUntil(client, page, tail.getByRole('listitem').filter({ hasText: 'com.example.news' }));
  expect(await tail.getByText('secret').count()).toBe(0);
  await page.getByLabel('payloads').check();
  await page.getByRole('button', { name: 'Follow' }).click();
  await tail.getByText('Waiting for the first message').waitFor();
  await publishUntil(client, page, tail.getByText('secret'));
  expect(browser(context).complaints).toEqual([]);
});

test('E5 a page that the role may not see says so; the page of an empty realm says how to fill it', async (context) => {
  await using scene = await Scene.open();
  const page = await browser(context).page(scene.at('#/sessions/realm1'));
  await logInAs(page, VIEWER, 'ticket');
  await page.getByText('It needs permission to call wamp.admin.session.list.').waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.getByRole('heading', { name: 'Traffic per second' }).waitFor();
  await page.getByText('It needs permission to call wamp.admin.status.').waitFor();
  expect(browser(context).complaints).toEqual([]);
});

test('E5 the console says that the router is gone, and goes on by itself when it is back', async (context) => {
  await using scene = await Scene.open();
  const page = await operatorAt(context, scene, '#/sessions/realm1');
  await page.getByText('There are no sessions.').waitFor();
  const startAgain = await scene.stop();
  await page.getByRole('alert').filter({ hasText: 'Disconnected' }).waitFor();
  await startAgain();
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  const client = await scene.join();
  await page.getByRole('link', { name: String(client.id) }).waitFor();
  expect(browser(context).complaints).toEqual([]);
});
