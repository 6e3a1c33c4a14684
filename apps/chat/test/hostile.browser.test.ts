/** What somebody may send to spoil the page of another, and what a person may paste by mistake. */
import { afterAll, afterEach, beforeAll, expect, test, type TestContext } from 'vitest';
import type { Page } from 'playwright-core';
import { Browsing, noBrowser, OPENING_TIMEOUT } from '../../router/test/browser.ts';
import { MAX_ROOM_NAME, MAX_TEXT } from '../src/common/limits.ts';
import { overflowing } from './support/overflowing.ts';
import { Demo, type ChatSession } from './support/demo.ts';
import { log, logIn, message, say, shown } from './support/person.ts';

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

async function ada(pages: Browsing, room: string): Promise<Page> {
  const page = await pages.page(`${demo.page}#/${room}`);
  await logIn(page, 'ada', 'lovelace');
  await log(page).waitFor();
  return page;
}

const SCRIPT = '<img src=x onerror="spoilt=1"><script>spoilt=1</script>';

/** Sends a file of any content, name and type, past the page. */
async function sendFile(from: ChatSession, room: string, name: string, type: string): Promise<void> {
  const bytes = new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" onload="spoilt=1"/>${SCRIPT}`,
  );
  const id = await from.call('chat.files.put', { room, name, type, bytes });
  const file = { id, name, type, size: bytes.length };
  await from.call('chat.messages.send', { room, content: { kind: 'text', id, text: '', file } });
}

test('E4 markup, addresses, file names and images of another are shown as what they are, and none runs', async (context) => {
  const pages = browser(context);
  await using mallory = await demo.signUp('mallory');
  const name = `${SCRIPT}${'W'.repeat(MAX_ROOM_NAME)}`.slice(0, MAX_ROOM_NAME);
  const { id: room } = await mallory.call('chat.rooms.create', { name, kind: 'public' });
  const page = await ada(pages, room);
  const texts = [
    SCRIPT,
    'javascript:spoilt=1 data:text/html,<script>spoilt=1</script>',
    'https://a.example/"onmouseover="spoilt=1',
    'https://a.example/\u202Egnp.exe',
  ];
  for (const [id, text] of texts.entries())
    await mallory.call('chat.messages.send', { room, content: { kind: 'text', id: `t${id}`, text } });
  const unseen = { kind: 'text', id: 'unseen', text: '\u200B\u3164\u202E' } as const;
  await mallory.call('chat.messages.send', { room, content: unseen });
  await sendFile(mallory, room, 'picture.png', 'image/png');
  await sendFile(mallory, room, `\u202E${SCRIPT}/../../${'n'.repeat(100)}.svg`, 'image/svg+xml');

  // What only claims to be an image is saved, not shown.
  await log(page)
    .getByRole('button', { name: /^picture\.png/ })
    .waitFor();
  await log(page).getByRole('button', { name: SCRIPT }).waitFor();
  expect(await log(page).getByRole('img').count()).toBe(0);
  expect(await shown(page)).toEqual(texts);
  const links = await log(page)
    .getByRole('link')
    .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  expect(links).toEqual(['https://a.example/', 'https://a.example/']);
  await page.getByRole('link', { name: SCRIPT.slice(0, 20) }).waitFor();
  expect(await page.evaluate(() => 'spoilt' in globalThis)).toBe(false);
  expect(await overflowing(page)).toEqual([]);
  expect(pages.complaints).toEqual([]);
});

test('E4 a message that is too long is refused before it is sent, and stays in the field', async (context) => {
  const pages = browser(context);
  const page = await ada(pages, 'lobby');
  const text = 'long '.repeat(2000).trim();
  await say(page, text);
  await page
    .getByRole('alert')
    .getByText(`has ${text.length} characters. A message may have ${MAX_TEXT}.`)
    .waitFor();
  expect(await page.getByLabel('Message to Lobby').inputValue()).toBe(text);
  await say(page, text.slice(0, MAX_TEXT).trim());
  await message(page, 'long long')
    .and(page.getByLabel(/^ada, /))
    .waitFor();
  expect(pages.complaints).toEqual([]);
});
