/** What clients may be called, and register, to spoil the console; and what an operator may type at the workbench. */
import { expect, test } from 'vitest';
import { result } from '../../../packages/client/src/index.ts';
import { addressOf } from '../src/lib/route.ts';
import { browserOfFile } from './support/browser-of-file.ts';
import { logInAs, OPERATOR, Scene } from './support/scene.ts';

const browser = browserOfFile();

const STRANGE = [
  'com.example.<img/src=x/onerror=spoilt=1>',
  '__proto__',
  'constructor',
  'com.example.\u202Egnp',
  'com.example.\u200B',
  `com.%2F?a=1&b="'+;,`,
  `com.${'w'.repeat(500)}`,
];

test('E5 procedures of any name are listed, lead to the workbench, and are called there', async (context) => {
  await using scene = await Scene.open();
  const callee = await scene.join();
  for (const uri of STRANGE) await callee.register(uri, (args, { kwargs }) => result(args, kwargs));
  const page = await browser(context).page(scene.at('#/registrations/realm1'));
  await logInAs(page, OPERATOR);
  for (const uri of STRANGE) await page.getByText(uri, { exact: true }).first().waitFor();

  await page.goto(scene.at(addressOf({ view: 'workbench', realm: 'realm1' })));
  await page.getByRole('button', { name: 'Join as anonymous' }).click();
  const outcomes = page.getByRole('region', { name: 'What came of it' }).getByRole('listitem');
  await page
    .getByLabel('Kwargs', { exact: true })
    .fill('{"__proto__": {"toString": 1}, "constructor": null}');
  for (const uri of STRANGE) {
    await page.goto(
      scene.at(addressOf({ view: 'workbench', realm: 'realm1', query: { action: 'call', uri } })),
    );
    await expect.poll(() => page.getByLabel('Procedure').inputValue()).toBe(uri);
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await outcomes
      .filter({ hasText: `${uri} in ` })
      .filter({ hasText: '{"__proto__":{"toString":1},"constructor":null}' })
      .waitFor();
  }
  expect(await page.evaluate(() => 'spoilt' in globalThis)).toBe(false);
  expect(browser(context).complaints).toEqual([]);
});

test('E5 the editor says that payload nests too deep, formats what does not, and the session goes on', async (context) => {
  await using scene = await Scene.open();
  const callee = await scene.join();
  await callee.register('com.example.echo', (args) => result(args));
  const page = await browser(context).page(
    scene.at(
      addressOf({ view: 'workbench', realm: 'realm1', query: { action: 'call', uri: 'com.example.echo' } }),
    ),
  );
  await logInAs(page, OPERATOR);
  await page.getByRole('button', { name: 'Join as anonymous' }).click();
  const editor = page.getByLabel('Args', { exact: true });
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  await editor.fill(nested(20_000));
  await page.getByText('nests deeper than 100, which no message may').waitFor();
  expect(await page.getByRole('button', { name: 'Format' }).first().isDisabled()).toBe(true);
  await editor.fill(nested(99));
  await page.getByRole('button', { name: 'Call', exact: true }).click();
  const outcomes = page.getByRole('region', { name: 'What came of it' }).getByRole('listitem');
  await outcomes.filter({ hasText: 'com.example.echo in ' }).waitFor();
  await page.getByRole('button', { name: 'Format' }).first().click();
  await expect.poll(() => editor.inputValue()).toContain('\n');
  expect(browser(context).complaints).toEqual([]);
});
