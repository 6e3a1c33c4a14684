/** The page of the chat in a real browser, as it was built, beside the router and the service. */
import { createServer, type AddressInfo } from 'node:net';
import { getEvents } from '@wamp/client/meta';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest';
import { Browsing, noBrowser, OPENING_TIMEOUT } from '../../router/test/browser.ts';
import { repeatedUntil } from '../../router/test/repeated.ts';
import { seriousFindings } from '../../router/test/axe.ts';
import { startWithWebApps } from '../../router/test/workshop.ts';
import { once } from 'node:events';
import { MAX_FILE } from '../src/common/limits.ts';
import { newId } from '../src/page/content.ts';
import { DEMO_ACCOUNTS } from '../src/service/demo.ts';
import { overflowing } from './support/overflowing.ts';
import { Cable } from './support/cable.ts';
import { Demo, type ChatSession } from './support/demo.ts';
import { log, logIn, message, openRoom, person, say, shown } from './support/person.ts';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

let browsing: Browsing | undefined;
let demo: Demo;
beforeAll(async () => {
  browsing = await Browsing.open();
  demo = await Demo.start();
}, OPENING_TIMEOUT);
afterEach(() => browsing?.closePages());
afterAll(async () => {
  await browsing?.[Symbol.asyncDispose]();
  await demo[Symbol.asyncDispose]();
});

function browser({ skip }: TestContext): Browsing {
  return browsing ?? skip(noBrowser);
}

function passwordOf(name: string): string {
  return DEMO_ACCOUNTS.find((account) => account.name === name)?.password ?? '';
}

/** A page of a demo account. @param at what follows the address of the chat */
async function enter(
  pages: Browsing,
  name: string,
  at = '#/lobby',
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await pages.page(demo.page + at, options);
  await logIn(page, name, passwordOf(name));
  return page;
}

function session(name: string): Promise<ChatSession> {
  return demo.logIn(name, passwordOf(name));
}

async function publish(from: ChatSession, room: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const content = { kind: 'text', id: newId(), text } as const;
    await from.call('chat.messages.send', { room, content });
  }
}

async function freshRoom(from: ChatSession, name: string): Promise<string> {
  return (await from.call('chat.rooms.create', { name, kind: 'public' })).id;
}

test('E4 two pages: they see each other, talk, and see each other go', async (context) => {
  const pages = browser(context);
  const ada = await enter(pages, 'ada');
  const bob = await enter(pages, 'alan');
  await person(ada, 'alan (online)').waitFor();
  await person(bob, 'ada (online)').waitFor();

  await say(ada, 'Hello, Alan!');
  await message(bob, 'Hello, Alan!')
    .and(bob.getByLabel(/^ada, /))
    .waitFor();
  await repeatedUntil(ada.getByText('alan is typing…').waitFor(), async () => {
    await bob.getByLabel('Message to Lobby').fill('');
    await bob.getByLabel('Message to Lobby').pressSequentially('Hel');
  });
  await say(bob, 'Hello <b>yourself</b> <img src=x onerror=alert(1)>');
  await log(ada).getByText('Hello <b>yourself</b> <img src=x onerror=alert(1)>', { exact: true }).waitFor();

  await message(ada, 'Hello, Alan!').getByLabel('Edit this message').click();
  await ada.getByLabel('Message to Lobby').fill('Good evening, Alan!');
  await ada.getByRole('button', { name: 'Save' }).click();
  await message(bob, 'Good evening, Alan!').getByText('edited').waitFor();
  expect(await message(bob, 'Good evening, Alan!').getByRole('button').count()).toBe(0);
  await message(ada, 'Good evening, Alan!').getByLabel('Delete this message').click();
  await log(bob).getByText('This message was deleted.').waitFor();
  expect(await shown(bob)).not.toContain('Good evening, Alan!');

  await bob.close();
  await person(ada, 'alan (offline)').waitFor();
  expect(pages.complaints).toEqual([]);
});

test('E4 signing up, being refused, staying logged in, and logging out', async (context) => {
  const pages = browser(context);
  const page = await pages.page(demo.page);
  await page.getByRole('button', { name: 'Create an account' }).click();
  await page.getByLabel('Name').fill('Barbara');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await page.getByRole('alert').getByText('8 characters').waitFor();
  await page.getByLabel('Password').fill('abstraction-barrier');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await log(page).waitFor();
  const stored = await page.evaluate(() => Object.entries(localStorage).join());
  expect(stored).toContain('barbara');
  expect(stored).not.toContain('abstraction-barrier');

  await page.reload();
  await log(page).waitFor();
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByLabel('Name').fill('barbara');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').getByText('Name and password do not match.').waitFor();
  await page.reload();
  await page.getByRole('button', { name: 'Log in' }).waitFor();
  expect(pages.complaints).toEqual([]);
});

test('E4 a link that names another router gets neither the log-in of this browser nor a password unasked', async (context) => {
  const pages = browser(context);
  await using foreign = await Cable.to(demo.url);
  const page = await enter(pages, 'ada');
  await log(page).waitFor();
  const named: string[] = [];
  page.on('websocket', (socket) => named.push(new URL(socket.url()).host));
  await page.goto(`${demo.page}?router=${foreign.url}#/lobby`);
  await page.getByText(`another router, ${foreign.url}`).waitFor();
  expect(named).toEqual([]);
  await page.goto(`${demo.page}#/lobby`);
  await log(page).waitFor();
  expect(pages.complaints).toEqual([]);
});

test('E4 a private room is denied: its messages never reach the page of a non-member', async (context) => {
  const pages = browser(context);
  const alan = await pages.page(demo.page);
  const frames: string[] = [];
  alan.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => frames.push(payload.toString('latin1')));
  });
  await alan.reload();
  await logIn(alan, 'alan', passwordOf('alan'));
  await alan.goto(`${demo.page}#/engine-room`);
  await alan.getByText('There is no such room, or you are not a member of it.').waitFor();
  expect(await alan.getByRole('link', { name: 'Engine room' }).count()).toBe(0);

  const ada = await enter(pages, 'ada', '#/engine-room');
  const grace = await enter(pages, 'grace', '#/engine-room');
  await say(ada, 'the secret of the engine');
  await message(grace, 'the secret of the engine').waitFor();
  await openRoom(ada, 'Lobby');
  await say(ada, 'no secret');
  await alan.goto(`${demo.page}#/lobby`);
  await message(alan, 'no secret').waitFor();
  expect(frames.join('\n')).toContain('no secret');
  expect(frames.join('\n')).not.toContain('the secret of the engine');
  expect(pages.complaints).toEqual([]);
});

test('E4 a forged message shows its true author, and changes of messages of others are ignored', async (context) => {
  const pages = browser(context);
  const ada = await enter(pages, 'ada');
  await say(ada, 'signed by Ada');
  await message(ada, 'signed by Ada').waitFor();
  await using alan = await session('alan');
  const all = await alan.untyped.subscribe('chat.room..message', { match: 'wildcard' });
  const [last] = await getEvents(alan, all, { topic: 'chat.room.lobby.message', reverse: true, limit: 1 });
  const of = last?.kwargs['id'];
  for (const content of [
    { kind: 'edit', id: 'forged-1', of, text: 'forged by Alan' },
    { kind: 'delete', id: 'forged-2', of },
    { kind: 'text', id: of, text: 'with the id of Ada', author: 'ada' },
  ]) {
    await alan.untyped.call('chat.messages.send', [], { kwargs: { room: 'lobby', content } });
  }
  await message(ada, 'with the id of Ada')
    .and(ada.getByLabel(/^alan, /))
    .waitFor();
  await message(ada, 'signed by Ada').waitFor();
  expect(await shown(ada)).not.toContain('forged by Alan');
  expect(pages.complaints).toEqual([]);
});

test('E4 what was missed without a connection comes once and in order, and what was written meanwhile is sent', async (context) => {
  const pages = browser(context);
  await using cable = await Cable.to(demo.url);
  await using alan = await session('alan');
  const room = await freshRoom(alan, 'Recovery');
  const grace = await enter(pages, 'grace', `?router=${cable.url}#/${room}`);
  await publish(alan, room, 'one');
  await message(grace, 'one').waitFor();

  await cable.cut();
  await grace.getByRole('alert').getByText('Offline.').waitFor();
  await publish(alan, room, 'two', 'three');
  await publish(alan, 'lobby', 'in another room');
  await say(grace, 'four');
  await message(grace, 'four').getByText('waiting to be sent').waitFor();
  await grace.reload();
  await cable.join();
  await message(grace, 'four')
    .and(grace.getByLabel(/^grace, /))
    .waitFor();
  await expect.poll(() => shown(grace)).toEqual(['one', 'two', 'three', 'four']);
  await grace.getByRole('link', { name: 'Lobby 1 unread' }).waitFor();
  expect(pages.complaints).toEqual([]);
});

test('E4 history is scrolled back to the first of 200 messages, which keep their place', async (context) => {
  const pages = browser(context);
  await using alan = await session('alan');
  const room = await freshRoom(alan, 'Two hundred');
  const texts = Array.from({ length: 200 }, (_, index) => `message ${index + 1}`);
  await publish(alan, room, ...texts);
  const ada = await enter(pages, 'ada', `#/${room}`);
  await log(ada).getByText('message 200', { exact: true }).waitFor();
  expect((await shown(ada)).length).toBeLessThan(200);
  await repeatedUntil(log(ada).getByText('This is where the room begins.').waitFor(), async () => {
    await log(ada).evaluate((box) => box.scrollTo({ top: 0 }));
  });
  expect(await shown(ada)).toEqual(texts);
  expect(await overflowing(ada)).toEqual([]);
  await ada.getByRole('button', { name: 'Newest messages' }).click();
  await publish(alan, room, 'message 201');
  await expect.poll(() => log(ada).getByText('message 201').isVisible()).toBe(true);
  expect(pages.complaints).toEqual([]);
});

test('E4 an image and a file are sent, and seen by the other; one that is too large is not', async (context) => {
  const pages = browser(context);
  const ada = await enter(pages, 'ada');
  const grace = await enter(pages, 'grace');
  const picture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGNgYPiPAw0hCcZBJgEAN1E/wbV1pnQAAAAASUVORK5CYII=',
    'base64',
  );
  await ada
    .getByLabel('Attach a file')
    .setInputFiles({ name: 'engine.png', mimeType: 'image/png', buffer: picture });
  await say(ada, 'a picture');
  const image = message(grace, 'a picture').getByRole('img', { name: 'engine.png' });
  await expect.poll(() => image.evaluate((img) => (img as HTMLImageElement).naturalWidth)).toBe(8);

  const buffer = Buffer.alloc(MAX_FILE, 7);
  await grace.getByLabel('Attach a file').setInputFiles({ name: 'seven.bin', mimeType: '', buffer });
  await grace.getByRole('button', { name: 'Send' }).click();
  const download = ada.waitForEvent('download');
  await log(ada)
    .getByRole('button', { name: /^seven\.bin/ })
    .click();
  expect((await download).suggestedFilename()).toBe('seven.bin');

  await ada
    .getByLabel('Attach a file')
    .setInputFiles({ name: 'large.bin', mimeType: '', buffer: Buffer.alloc(MAX_FILE + 1) });
  await ada.getByRole('alert').getByText('A file may have 256 KiB').waitFor();
  expect(pages.complaints).toEqual([]);
});

test('E4 unread messages count in the list and in the title, and notify', async (context) => {
  const pages = browser(context);
  await using alan = await session('alan');
  const room = await freshRoom(alan, 'Unread');
  const ada = await enter(pages, 'ada');
  await ada.evaluate(() => {
    const shown: string[] = [];
    Object.assign(globalThis, { shown });
    // Browsers without a screen have no notifications.
    // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- the page constructs them, and keeps none
    class Watched {
      static readonly permission = 'granted';
      constructor(title: string, { body }: NotificationOptions) {
        shown.push(`${title}: ${body ?? ''}`);
      }
    }
    Object.assign(globalThis, { Notification: Watched });
    document.hasFocus = () => false;
  });
  await publish(alan, room, 'first', 'second');
  await ada.getByRole('link', { name: 'Unread 2 unread' }).waitFor();
  await expect.poll(() => ada.title()).toBe('(2) Lobby · WAMP Chat');
  expect(await ada.evaluate(() => (globalThis as unknown as { shown: string[] }).shown)).toEqual([
    'alan in Unread: first',
    'alan in Unread: second',
  ]);
  await ada.evaluate(() => {
    document.hasFocus = () => true;
  });
  await openRoom(ada, 'Unread');
  await expect.poll(() => ada.title()).toBe('Unread · WAMP Chat');
  expect(pages.complaints).toEqual([]);
});

test('E4 the keyboard suffices: log in, write, edit, change rooms, create one', async (context) => {
  const pages = browser(context);
  const page = await pages.page(demo.page);
  const { keyboard } = page;
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT');
  await keyboard.type('grace');
  await keyboard.press('Tab');
  await keyboard.type(passwordOf('grace'));
  await keyboard.press('Enter');
  await log(page).waitFor();
  await page.goto(`${demo.page}#/lobby`);
  await page.getByLabel('Message to Lobby').waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA');
  await keyboard.type('by keybord');
  await keyboard.press('Enter');
  await message(page, 'by keybord').waitFor();
  await keyboard.press('ArrowUp');
  await page.getByText('Editing your message').waitFor();
  await keyboard.press('Control+A');
  await keyboard.type('by keyboard');
  await keyboard.press('Enter');
  await message(page, 'by keyboard').getByText('edited').waitFor();
  await keyboard.press('Alt+ArrowDown');
  await page.getByLabel('Message to Lobby').waitFor({ state: 'detached' });
  // The field of the next room has taken the focus.
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.ariaLabel ?? ''))
    .toMatch(/^Message to (?!Lobby)/);

  await page.getByRole('button', { name: 'New room' }).focus();
  await keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'New room' }).waitFor();
  await keyboard.press('Escape');
  // Removed, and not only closed: until then, the page takes it for open.
  await page.locator('dialog').waitFor({ state: 'detached' });
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain('New room');
  await keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'New room' }).waitFor();
  await keyboard.type('Made by keys');
  await keyboard.press('Enter');
  await page.getByLabel('Message to Made by keys').waitFor();
  expect(pages.complaints).toEqual([]);
});

test('E4 long names and long words fit, on a desktop and on a phone', async (context) => {
  const pages = browser(context);
  await using alan = await session('alan');
  const room = await freshRoom(alan, 'R'.repeat(64));
  await publish(alan, room, `${'w'.repeat(900)} \`${'c'.repeat(300)}\`\n\`\`\`\n${'b'.repeat(500)}\n\`\`\``);
  for (const options of [{}, PHONE]) {
    const page = await enter(pages, 'ada', '', options);
    expect(await overflowing(page)).toEqual([]);
    await page.goto(`${demo.page}#/${room}`);
    await log(page).getByText('www').waitFor();
    await say(page, 'x'.repeat(2000));
    await message(page, 'xxx').first().waitFor();
    expect(await overflowing(page)).toEqual([]);
    await page.close();
  }
  expect(pages.complaints).toEqual([]);
});

test('E4 axe has no serious findings, in light and dark', async (context) => {
  const pages = browser(context);
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await pages.page(demo.page, { colorScheme });
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create an account' }).click();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'I have an account' }).click();
    await logIn(page, 'ada', passwordOf('ada'));
    await page.goto(`${demo.page}#/lobby`);
    await message(page, 'Good morning!').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'New room' }).click();
    expect(await seriousFindings(page)).toEqual([]);
    const phone = await enter(pages, 'grace', '', { ...PHONE, colorScheme });
    expect(await seriousFindings(phone)).toEqual([]);
    await openRoom(phone, 'Engine room');
    expect(await seriousFindings(phone)).toEqual([]);
  }
  expect(pages.complaints).toEqual([]);
});

test('a router without the chat is explained, and so is one that is not there', async (context) => {
  const pages = browser(context);
  await using router = await startWithWebApps();
  const page = await pages.page(`${router.origin}/chat/`);
  const attempt = async (): Promise<void> => {
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill('any-password');
    await page.getByRole('button', { name: 'Log in' }).click();
  };
  await attempt();
  await page.getByRole('alert').getByText('This router has no chat: start it with npm start.').waitFor();
  const unused = createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  const { port } = unused.address() as AddressInfo;
  unused.close();
  await page.goto(`${router.origin}/chat/?router=ws://127.0.0.1:${port}/ws`);
  await attempt();
  await page.getByRole('alert').getByText('The router cannot be reached.').waitFor();
  expect(pages.complaints).toEqual([]);
});
