/** The tables and the views of the console fit a desktop and a phone, in a real browser. */
import type { Locator, Page } from 'playwright-core';
import { expect, test, type TestContext } from 'vitest';
import { browserOfFile } from './support/browser-of-file.ts';
import { logInAs, OPERATOR, Scene } from './support/scene.ts';

const browser = browserOfFile();
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

async function operatorAt(context: TestContext, scene: Scene, place: string): Promise<Page> {
  const page = await browser(context).page(scene.at(place));
  await page.setViewportSize(DESKTOP);
  await logInAs(page, OPERATOR);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  return page;
}

/** How far an element reaches beyond the right edge of the nearest ancestor that scrolls (px). */
function overhang(element: Locator, container: string): Promise<number> {
  return element.evaluate((node, selector) => {
    const box = node.closest(selector)?.getBoundingClientRect();
    return Math.round(node.getBoundingClientRect().right - (box?.right ?? 0));
  }, container);
}

test('E5 all columns of the sessions are in view on a desktop', async (context) => {
  await using scene = await Scene.open();
  await scene.join();
  const page = await operatorAt(context, scene, '#/sessions/realm1');
  const last = page.getByRole('columnheader', { name: 'Transport' });
  expect(await overhang(last, '.scroll')).toBeLessThanOrEqual(0);
});

test('E5 on a phone a long URI leaves the next column in view, and the current view stays in view', async (context) => {
  await using scene = await Scene.open();
  const callee = await scene.join();
  await callee.register(`com.example.${'long-name.'.repeat(12)}end`, () => undefined);
  const page = await operatorAt(context, scene, '#/registrations/realm1');
  const match = page.getByRole('columnheader', { name: 'Match' });
  await match.waitFor();
  await page.setViewportSize(PHONE);
  expect(await overhang(match, '.scroll')).toBeLessThanOrEqual(0);
  await page.goto(scene.at('#/log'));
  await page.setViewportSize(DESKTOP);
  await page.setViewportSize(PHONE);
  const current = page.locator('.views [aria-current]');
  await expect.poll(() => overhang(current, '.views')).toBeLessThanOrEqual(0);
});
