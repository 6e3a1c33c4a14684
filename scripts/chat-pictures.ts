/** Takes the pictures of the chat: every state of its page, on a desktop and on a phone, light and dark. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { Cable } from '../apps/chat/test/support/cable.ts';
import { Demo, type ChatSession } from '../apps/chat/test/support/demo.ts';
import { log, logIn, message, say } from '../apps/chat/test/support/person.ts';
import { repeatedUntil } from '../apps/router/test/repeated.ts';
import { topicOf } from '../apps/chat/src/common/topics.ts';
import { newId } from '../apps/chat/src/page/content.ts';
import { writePicture } from './picture-file.ts';

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
} as const;
const SCHEMES = ['light', 'dark'] as const;

/** @param images the folder for pictures */
export async function pictureChat(browser: Browser, images: string): Promise<void> {
  mkdirSync(join(images, 'chat'), { recursive: true });
  for (const [size, options] of Object.entries(SIZES)) {
    await using demo = await Demo.start();
    await using cable = await Cable.to(demo.url);
    const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const take = (state: string): Promise<void> => takeAll(page, images, `${state}-${size}`);
    await page.goto(demo.page);
    await pictureEntrance(page, take);
    await page.goto(`${demo.page}?router=${cable.url}#/lobby`);
    await page.getByText('names another router').waitFor();
    await take('other-router');
    await logIn(page, 'ada', 'lovelace').catch(() => undefined);
    await log(page).waitFor();
    const scene = {
      demo,
      page,
      take,
      go: (room: string) => page.goto(`${demo.page}?router=${cable.url}#/${room}`),
    };
    await pictureRooms(scene);
    await pictureDialogs(scene);
    await pictureLoading(scene, cable);
    await pictureOffline(scene, cable);
    await pictureComingBack(scene, cable);
    await pictureRefusedMessage(scene);
    await context.close();
  }
}

/** What the pictures are taken of. */
interface Scene {
  readonly demo: Demo;
  readonly page: Page;
  readonly take: (state: string) => Promise<void>;
  /** Opens a room by its address. */
  readonly go: (room: string) => Promise<unknown>;
}

async function takeAll(page: Page, images: string, name: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const file = join(images, 'chat', `${name}-${colorScheme}.png`);
    writePicture(file, await page.screenshot());
    console.log(file);
  }
}

async function pictureEntrance(page: Page, take: Scene['take']): Promise<void> {
  await take('log-in');
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('Password').fill('not-the-password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await take('refused');
  await page.getByRole('button', { name: 'Create an account' }).click();
  await take('sign-up');
}

/** What somebody may write to spoil the page: markup, text that runs the other way, marks that pile up. */
const STRANGE = [
  '<img src=x onerror=alert(1)> <script>alert(2)</script> javascript:alert(3)',
  `${String.fromCharCode(0x202e)}This runs from right to left. השעון מתקתק`,
  'towering'.replaceAll(/./g, (letter) => letter + '\u0301\u0302\u0303\u0308'.repeat(8)),
  '😀'.repeat(60),
  'a\n\n\n\n\n\nb',
  'The end of it.',
];

async function publish(from: ChatSession, room: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    await from.call('chat.messages.send', { room, content: { kind: 'text', id: newId(), text } });
  }
}

async function pictureRooms({ demo, page, take, go }: Scene): Promise<void> {
  await using alan = await demo.logIn('alan', 'enigma-1912');
  await using grace = await demo.logIn('grace', 'murray-hopper');
  for (const session of [alan, grace])
    await session.untyped.publish('chat.presence', { here: true }, { acknowledge: true });
  const long = await alan.call('chat.rooms.create', {
    name: 'The room with the very long name that nobody ever shortened 2026',
    kind: 'public',
  });
  const many = await alan.call('chat.rooms.create', { name: 'Two hundred', kind: 'public' });
  const direct = await grace.call('chat.rooms.direct', ['ada']);
  await publish(grace, direct.id, 'A word with you?');
  await page.getByRole('textbox', { name: /^Message to/ }).waitFor();
  await say(page, 'And `offset` says where I was, so that nothing is missing after a lost connection.');
  await message(page, 'And offset says').waitFor();
  await alan.untyped.publish(topicOf('lobby', 'typing'), []);
  await page.getByText('alan is typing…').waitFor();
  await take('lobby');
  await go('');
  await take('list');
  await go('engine-room');
  await message(page, 'Only the two of us').waitFor();
  await take('private');
  await go(direct.id);
  await message(page, 'A word with you?').waitFor();
  await take('direct');
  await go(long.id);
  await log(page).getByText('No messages yet.').waitFor();
  await take('empty');
  await publish(
    alan,
    long.id,
    `${'Donaudampfschifffahrt'.repeat(20)} https://example.com/${'path/'.repeat(40)}`,
    `\`\`\`\n${'const longLine = true; '.repeat(12)}\n\`\`\``,
  );
  await log(page).locator('pre').waitFor();
  await take('long');
  await go('lobby');
  await publish(alan, 'lobby', ...STRANGE);
  await log(page).getByText('The end of it.').waitFor();
  await take('strange');
  await go('nowhere');
  await page.getByText('There is no such room').waitFor();
  await take('denied');
  await publish(
    alan,
    many.id,
    ...Array.from({ length: 200 }, (_, index) => `Message ${index + 1} of two hundred.`),
  );
  await go(many.id);
  await log(page).getByText('Message 200 of').waitFor();
  await take('two-hundred');
  await repeatedUntil(page.getByRole('button', { name: 'Newest messages' }).waitFor(), async () => {
    await log(page).evaluate((box) => box.scrollTo({ top: box.scrollHeight / 2 }));
  });
  await take('scrolled-back');
}

async function pictureDialogs({ page, take, go }: Scene): Promise<void> {
  await go('engine-room');
  await page.getByRole('button', { name: 'Invite' }).click();
  await take('invite');
  await page.keyboard.press('Escape');
  await page.getByLabel('Edit this message').first().click();
  await page.getByText('Editing your message').waitFor();
  await take('editing');
  await page.keyboard.press('Escape');
  const buffer = Buffer.from(
    await page.screenshot({ clip: { x: 0, y: 0, width: 300, height: 200 }, type: 'jpeg' }),
  );
  await page
    .getByLabel('Attach a file')
    .setInputFiles({ name: 'picture.jpg', mimeType: 'image/jpeg', buffer });
  await page.getByText('picture.jpg,').waitFor();
  await take('attached');
  await page.getByRole('button', { name: 'Send' }).click();
  await log(page).getByRole('img', { name: 'picture.jpg' }).waitFor();
  const notes = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') };
  await page.getByLabel('Attach a file').setInputFiles(notes);
  await say(page, 'The notes of today.');
  await log(page)
    .getByRole('button', { name: /^notes.txt/ })
    .waitFor();
  await take('files');
  await go('');
  await page.getByRole('button', { name: 'New room' }).click();
  await take('new-room');
  await page.keyboard.press('Escape');
}

async function pictureOffline({ page, take, go }: Scene, cable: Cable): Promise<void> {
  await go('lobby');
  await log(page).waitFor();
  await cable.cut();
  await page.getByRole('alert').waitFor();
  await say(page, 'I write this on a train.');
  await message(page, 'on a train').waitFor();
  await take('offline');
}

/** Messages and rooms that are on their way. */
async function pictureLoading({ demo, page, take, go }: Scene, cable: Cable): Promise<void> {
  await using alan = await demo.logIn('alan', 'enigma-1912');
  const room = await alan.call('chat.rooms.create', { name: 'Not loaded yet', kind: 'public' });
  await go('');
  await page.getByRole('link', { name: 'Not loaded yet' }).waitFor();
  const release = cable.hold();
  await go(room.id);
  await page.getByText('Loading messages…').waitFor();
  await take('loading');
  release();
  await log(page).getByText('No messages yet.').waitFor();
}

/** A page that was loaded while the router is away. */
async function pictureComingBack({ page, take }: Scene, cable: Cable): Promise<void> {
  await page.reload();
  await page.getByRole('button', { name: 'One moment…' }).waitFor();
  await page.getByRole('alert').waitFor();
  await take('coming-back');
  await cable.join();
  await log(page).waitFor();
}

/** A message that is refused, for there is no service to publish it. */
async function pictureRefusedMessage({ demo, page, take, go }: Scene): Promise<void> {
  await go('engine-room');
  await log(page).waitFor();
  await demo.service.session.close();
  await say(page, 'Can anybody hear me?');
  await page.getByText('Not sent').waitFor();
  await take('not-sent');
}
