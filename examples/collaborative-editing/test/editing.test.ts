/** Two editors of one document: in this process, and as two pages of a real browser. */
import { connect, type Session } from '@wamp/client';
import { msgpack } from '@wamp/client/msgpack';
import { buildPage, startRouter } from '@wamp/example-support';
import { expect, test } from 'vitest';
import { Doc } from 'yjs';
import { Browsing, noBrowser } from '../../../apps/router/test/browser.ts';
import { keep } from '../src/keeper.ts';
import { share } from '../src/share.ts';

function join(url: string): Promise<Session> {
  return connect(url, { realm: 'documents', serializers: [msgpack] });
}

test('edits of two documents meet, and those of one that was away merge without a loss', async () => {
  await using router = await startRouter({ realms: ['documents'] });
  const kept = new Doc();
  await using keeper = await keep(router.url, kept);
  const [ada, bob] = [new Doc(), new Doc()];
  await using adas = await join(router.url);
  await using bobs = await join(router.url);
  await share(ada, adas);
  const stop = await share(bob, bobs);
  ada.getText('text').insert(0, 'tea');
  await expect.poll(() => bob.getText('text').toJSON()).toBe('tea');

  stop();
  await bobs.close();
  bob.getText('text').insert(0, 'green ');
  ada.getText('text').insert(3, ' please');
  await using again = await join(router.url);
  await share(bob, again);
  const texts = (): string[] => [ada, bob, kept].map((doc) => doc.getText('text').toJSON());
  await expect.poll(texts).toEqual(['green tea please', 'green tea please', 'green tea please']);

  // A lost connection: what was typed meanwhile is exchanged by itself.
  const restored = new Promise((resolve) => adas.on('restored', resolve));
  adas.reconnect();
  ada.getText('text').insert(0, 'Hot ');
  await restored;
  await expect.poll(texts).toEqual(['Hot green tea please', 'Hot green tea please', 'Hot green tea please']);
  expect(keeper.state).toBe('open');
});

test('two pages edit one document, and offline edits merge', async ({ skip }) => {
  await using browsing = (await Browsing.open()) ?? skip(noBrowser);
  const page = await buildPage(new URL('../page/', import.meta.url));
  await using router = await startRouter({ realms: ['documents'], page });
  await using keeper = await keep(router.url);
  const [ada, bob] = [await browsing.page(router.origin), await browsing.page(router.origin)];
  for (const one of [ada, bob]) await one.getByText('online', { exact: true }).waitFor();
  const [adas, bobs] = [ada.locator('#text'), bob.locator('#text')];
  const texts = async (): Promise<string[]> => [await adas.inputValue(), await bobs.inputValue()];

  await adas.pressSequentially('tea');
  await expect.poll(texts).toEqual(['tea', 'tea']);
  await bob.getByLabel('Work offline').check();
  await bob.getByText('offline', { exact: true }).waitFor();
  await bobs.press('Control+Home');
  await bobs.pressSequentially('green ');
  await adas.pressSequentially(' please');
  expect(await texts()).toEqual(['tea please', 'green tea']);
  await bob.getByLabel('Work offline').uncheck();
  await expect.poll(texts).toEqual(['green tea please', 'green tea please']);

  // The cursor stays where it was typing, behind what the other has inserted before it.
  await adas.pressSequentially('!');
  await expect.poll(texts).toEqual(['green tea please!', 'green tea please!']);
  expect(keeper.state).toBe('open');
  expect(browsing.complaints).toEqual([]);
});
