/** The console without a pointer, and checked by axe in every view. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { seriousFindings } from '../../router/test/axe.ts';
import { logInAs, OPERATOR, Scene, VIEWER } from './support/scene.ts';
import { browserOfFile } from './support/browser-of-file.ts';

const browser = browserOfFile();

/** Presses Tab until what has the focus matches; in a view of the console, that takes a hundred at most. */
async function tabTo(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().waitFor();
  for (let count = 0; count < 100; count += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((each) => document.activeElement?.matches(each) === true, selector)) return;
  }
  throw new Error(`Tab does not lead to ${selector}`);
}

test('E5 everything is done by keyboard: log-in, views, a search, a session that is killed, a call', async (context) => {
  await using scene = await Scene.open();
  const client = await scene.join();
  await client.register('com.example.add', ([a, b]: number[]) => Number(a) + Number(b));
  const page = await browser(context).page(scene.at());
  const { keyboard } = page;
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  await tabTo(page, 'input[name="authid"]');
  await keyboard.type(OPERATOR.authid);
  await tabTo(page, 'input[name="secret"]');
  await keyboard.type(OPERATOR.secret);
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Traffic per second' }).waitFor();
  await keyboard.type('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await keyboard.press('Escape');
  await page.locator('dialog').waitFor({ state: 'detached' });
  await keyboard.type('gw');
  await tabTo(page, 'form button:enabled');
  await keyboard.press('Enter');
  await page.getByLabel('Procedure').waitFor();
  await tabTo(page, 'input.uri');
  await keyboard.type('com.example.add');
  await tabTo(page, 'textarea');
  await keyboard.type('[40, 2]');
  await keyboard.press('Control+Enter');
  await page.getByRole('listitem').filter({ hasText: '[42]' }).waitFor();
  await page.getByRole('button', { name: 'Leave' }).press('Enter');
  await keyboard.type('gs');
  await page.getByRole('link', { name: String(client.id) }).waitFor();
  await keyboard.type(`/${String(client.id)}`);
  await page.getByText('1–1 of 1 session').waitFor();
  await tabTo(page, 'tbody a');
  await keyboard.press('Enter');
  await page.getByRole('button', { name: 'Kill …' }).waitFor();
  await tabTo(page, 'button.danger');
  await keyboard.press('Enter');
  await tabTo(page, 'dialog button.danger');
  await keyboard.press('Enter');
  expect(await client.closed).toMatchObject({ reason: 'wamp.close.killed' });
  expect(browser(context).complaints).toEqual([]);
});

const PLACES = [
  '#/overview',
  '#/sessions/realm1',
  '#/registrations/realm1',
  '#/subscriptions/realm1',
  '#/workbench/realm1',
  '#/tail/realm1?topic=com.example.&match=prefix',
  '#/log',
  '#/sessions/com.example.quiet',
];

test.for([
  ['a desktop, light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['a phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' }],
] as const)(
  'E5 axe finds nothing serious on %s, and nothing is wider than the page',
  async ([, options], context) => {
    const pages = browser(context);
    await using scene = await Scene.open();
    const client = await scene.join();
    await client.register(
      'com.example.a-long-name.that-goes-on.and-on.and-on.and-on.and-on.to-the-end',
      () => 1,
    );
    await client.subscribe('com.example.', () => undefined, { match: 'prefix' });
    const page = await pages.page(scene.at(), options);
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await logInAs(page, OPERATOR);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    for (const place of [...PLACES, `#/sessions/realm1/${String(client.id)}`]) {
      await page.goto(scene.at(place));
      await page.locator('main:not(:has([aria-busy]))').waitFor();
      expect([place, ...(await seriousFindings(page))]).toEqual([place]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(options.viewport.width);
    }
    const other = await pages.page(scene.at('#/log'), options);
    await logInAs(other, VIEWER, 'ticket');
    await other.getByText('Your role may not see this.').first().waitFor();
    expect(await seriousFindings(other)).toEqual([]);
    await other.goto(scene.at('?view=realm1'));
    await other.getByRole('status').getByText('live').waitFor();
    expect(await seriousFindings(other)).toEqual([]);
    expect(pages.complaints).toEqual([]);
  },
);
