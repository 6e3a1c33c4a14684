/** Two people with a browser each, and the router as it was built. */
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest';
import { Browsing, noBrowser, OPENING_TIMEOUT } from '../../router/test/browser.ts';
import { joinChat, log, member, say } from '../../router/test/chat-page.ts';
import { repeatedUntil } from '../../router/test/repeated.ts';
import { startBuiltRouter } from '../../router/test/workshop.ts';

let browsing: Browsing | undefined;
beforeAll(async () => {
  browsing = await Browsing.open();
}, OPENING_TIMEOUT);
afterAll(() => browsing?.[Symbol.asyncDispose]());

function browser({ skip }: TestContext): Browsing {
  return browsing ?? skip(noBrowser);
}

test('they see each other, talk, and see each other go', async (context) => {
  const pages = browser(context);
  await using router = await startBuiltRouter();
  const ada = await pages.page(`${router.origin}/chat/`);
  const bob = await pages.page(`${router.origin}/chat/#lobby`);
  await joinChat(ada, 'Ada');
  await joinChat(bob, 'Bob');

  for (const page of [ada, bob]) {
    await member(page, 'Ada').waitFor();
    await member(page, 'Bob').waitFor();
    await page.getByRole('heading', { name: 'Here (2)' }).waitFor();
  }
  await log(ada).getByText('Bob joined').waitFor();

  await say(ada, 'Hello, Bob!');
  await log(bob).getByText('Hello, Bob!').waitFor();
  await repeatedUntil(ada.getByText('Bob is typing…').waitFor(), async () => {
    await bob.getByLabel('Message to lobby').fill('');
    await bob.getByLabel('Message to lobby').pressSequentially('Hel');
  });
  await say(bob, 'Hello <b>yourself</b> <img src=x onerror=alert(1)>');
  await log(ada).getByText('Hello <b>yourself</b> <img src=x onerror=alert(1)>', { exact: true }).waitFor();
  await log(ada).getByText('Hello, Bob!').waitFor();

  await bob.close();
  await member(ada, 'Bob').waitFor({ state: 'detached' });
  await log(ada).getByText('Bob left').waitFor();
  await member(ada, 'Ada').waitFor();
  expect(pages.complaints).toEqual([]);
});

test('rooms are apart, and known to all', async (context) => {
  const pages = browser(context);
  await using router = await startBuiltRouter();
  const ada = await pages.page(`${router.origin}/chat/`);
  const bob = await pages.page(`${router.origin}/chat/`);
  await joinChat(ada, 'Ada');
  await joinChat(bob, 'Bob', 'The Attic');

  await ada.getByRole('link', { name: '# the_attic 1 here' }).waitFor();
  await bob.getByRole('link', { name: '# lobby 1 here' }).waitFor();
  await say(bob, 'alone up here');
  await log(bob).getByText('alone up here').waitFor();

  await bob.getByRole('link', { name: '# lobby' }).click();
  await member(ada, 'Bob').waitFor();
  await member(bob, 'Ada').waitFor();
  await say(bob, 'and now down here');
  await log(ada).getByText('and now down here').waitFor();
  expect(await log(ada).getByText('alone up here').count()).toBe(0);

  await bob.goBack();
  await log(ada).getByText('Bob went to # the_attic').waitFor();
  await bob.getByRole('button', { name: 'Leave' }).click();
  await ada.getByRole('link', { name: '# the_attic' }).waitFor({ state: 'detached' });
  await bob.getByRole('button', { name: 'Join' }).waitFor();
  expect(pages.complaints).toEqual([]);
});

test('D1 a lost connection shows, and is back with the router', async (context) => {
  const pages = browser(context);
  await using router = await startBuiltRouter();
  const ada = await pages.page(`${router.origin}/chat/`);
  await joinChat(ada, 'Ada');
  await say(ada, 'still here');
  await log(ada).getByText('still here').waitFor();

  await router[Symbol.asyncDispose]();
  await ada.getByRole('alert').getByText('the router has shut down').waitFor();
  await ada.getByRole('status').getByText('disconnected').waitFor();
  expect(await ada.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

  await using again = await startBuiltRouter(['--port', new URL(router.origin).port]);
  await ada.getByRole('status').getByText('connected', { exact: true }).waitFor();
  await log(ada).getByText('still here').waitFor();
  const bob = await pages.page(`${again.origin}/chat/`);
  await joinChat(bob, 'Bob');
  await member(ada, 'Bob').waitFor();
  await say(bob, 'welcome back');
  await log(ada).getByText('welcome back').waitFor();
  expect(pages.complaints).toEqual([]);
});

test('a realm that does not exist is explained', async (context) => {
  const pages = browser(context);
  await using router = await startBuiltRouter();
  const page = await pages.page(`${router.origin}/chat/?realm=nowhere`);
  await page.getByLabel('Nickname').fill('Ada');
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('alert').getByText('the router has no such realm').waitFor();
  expect(await page.getByRole('button', { name: 'Join' }).isEnabled()).toBe(true);
  expect(pages.complaints).toEqual([]);
});
