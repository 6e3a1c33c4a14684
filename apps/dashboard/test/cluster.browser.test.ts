/** The view of a cluster, in a real browser: two routers that were built, over a real NATS server. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';
import { NatsServers, whyNoNats } from '../../../packages/cluster-nats/test/support/nats-servers.ts';
import { logInAs, OPERATOR, Scene, VIEWER } from './support/scene.ts';
import { browserOfFile } from './support/browser-of-file.ts';

const missing = whyNoNats();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

const browser = browserOfFile();

/** A page of an operator at a place of the console. */
async function pageOf(context: TestContext, scene: Scene, place: string, who = OPERATOR): Promise<Page> {
  const page = await browser(context).page(scene.at(place));
  await logInAs(page, who, who === VIEWER ? 'ticket' : undefined);
  await page.getByRole('status').getByText('live', { exact: true }).waitFor();
  return page;
}

test('a router on its own has no view of a cluster, and says so at its address', async (context) => {
  await using scene = await Scene.open();
  const page = await pageOf(context, scene, '#/overview');
  await page.getByRole('heading', { name: 'Realms' }).waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(page.getByRole('link', { name: 'Cluster' }).count()).resolves.toBe(0);
  expect(new URL(page.url()).hash).toBe('#/overview');
  await page.goto(scene.at('#/cluster'));
  await page.getByRole('alert').getByText('the router is no node of a cluster').waitFor();
});

describe.skipIf(missing !== undefined)(`a node${missing === undefined ? '' : `: ${missing}`}`, () => {
  let nats: NatsServers;
  let clusters = 0;
  beforeAll(async () => {
    nats = await NatsServers.start(1);
  });
  afterAll(() => nats.stop());

  /** Two nodes of a cluster of their own. */
  async function nodes(): Promise<readonly [Scene, Scene]> {
    const name = `console${(clusters += 1)}`;
    const section = (node: string): string =>
      `cluster: { name: ${name}, node: ${node}, nats: { servers: ['${nats.urls.join()}'], replicas: 1 } }\n`;
    return [await Scene.open(section('a')), await Scene.open(section('b'))];
  }

  test('shows its state, its links, and who claims what; the keyboard leads there', async (context) => {
    const [a, b] = await nodes();
    await using scene = a;
    const page = await pageOf(context, scene, '#/overview');
    await page.getByRole('link', { name: 'Cluster' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await page.getByText('joined', { exact: true }).waitFor();
    const links = page.getByRole('group', { name: 'Links' });
    await links.getByRole('row', { name: /^b up/ }).waitFor();
    await page.getByText('No node claims a procedure.').waitFor();
    const callee = await b.join();
    await callee.register('com.example.shared', () => 'b');
    await page.getByRole('row', { name: 'com.example.shared exact single realm1 b' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('nothing like it');
    await page.getByText('No URI contains that.').waitFor();
    await b[Symbol.asyncDispose]();
    await page.getByText('There are no other nodes.').waitFor();
    expect(browser(context).complaints).toEqual([]);
  });

  test('is not shown to a role that may not see it', async (context) => {
    const [a, b] = await nodes();
    await using scene = a;
    await using other = b;
    expect(other.origin).not.toBe(scene.origin);
    const page = await pageOf(context, scene, '#/cluster', VIEWER);
    const denied = page.getByRole('alert').filter({ hasText: 'Your role may not see this.' });
    await denied.getByText('wamp.admin.cluster.status').waitFor();
    await expect(page.getByRole('link', { name: 'Cluster' }).count()).resolves.toBe(0);
  });
});
