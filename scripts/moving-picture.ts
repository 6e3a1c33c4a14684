/** The moving picture of the README: two people in the chat, and the console that watches them. */
import type { Browser, Page } from 'playwright-core';
import { logInAs } from '../apps/dashboard/test/support/scene.ts';
import { Demo } from '../apps/chat/test/support/demo.ts';
import { log, message, say } from '../apps/chat/test/support/person.ts';
import { writeMovingPicture, type Frame } from './picture-file.ts';

/** The size of each of the two pages of the chat, and of the console below them (pixels). */
const CHAT = { width: 560, height: 360 };
const CONSOLE = { width: 1120, height: 420 };
/** How long most frames are shown (ms). */
const SHOWN = 900;

const LINES: readonly (readonly ['ada' | 'grace', string])[] = [
  ['ada', 'Grace, is the new engine running?'],
  ['grace', 'Since this morning. Look at the console below: calls and events, live.'],
  ['ada', 'And if the connection is lost?'],
  ['grace', 'Then the session comes back, with all that was missed.'],
];

/** @param file where it is written */
export async function pictureMoving(browser: Browser, file: string): Promise<void> {
  await using demo = await Demo.start();
  const open = async (viewport: typeof CHAT, address: string): Promise<Page> => {
    const page = await (await browser.newContext({ viewport, reducedMotion: 'reduce' })).newPage();
    await page.goto(address);
    return page;
  };
  const ada = await open(CHAT, `${demo.page}#/lobby`);
  await enter(ada, 'ada', 'lovelace');
  const grace = await open(CHAT, `${demo.page}#/lobby`);
  await enter(grace, 'grace', 'murray-hopper');
  const operator = await open(
    CONSOLE,
    demo.page.replace('/chat/', '/dashboard/#/tail/chat?topic=chat.&match=prefix&payloads=yes'),
  );
  await logInAs(operator, { authid: 'operator', secret: demo.consolePassword });
  await operator.getByRole('status').getByText('live').waitFor();
  const frames: Frame[] = [];
  const together = await open({ width: CONSOLE.width, height: CHAT.height + CONSOLE.height }, 'about:blank');
  const pages = [ada, grace, operator];
  const take = async (shown = SHOWN): Promise<void> => {
    const pictures = await Promise.all(pages.map((page) => page.screenshot()));
    frames.push({ png: await joined(together, pictures), shown });
  };
  await take();
  for (const [name, text] of LINES) {
    const [from, to] = name === 'ada' ? [ada, grace] : [grace, ada];
    const field = from.getByRole('textbox', { name: /^Message to/ });
    await field.pressSequentially(text.slice(0, text.length / 2));
    await to.getByText(`${name} is typing…`).waitFor();
    await take(600);
    await field.fill('');
    await say(from, text);
    await message(to, text).waitFor();
    await operator.waitForTimeout(400);
    await take();
  }
  await operator.goto(demo.page.replace('/chat/', '/dashboard/#/overview'));
  await operator.waitForTimeout(6_000);
  await take(2_500);
  const size = writeMovingPicture(file, frames);
  console.log(`${file}: ${frames.length} frames, ${Math.round(size / 1024)} KiB`);
}

/** The pictures of the two pages side by side, and that of the console below them. */
async function joined(page: Page, pictures: readonly Buffer[]): Promise<Buffer> {
  const images = pictures
    .map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`)
    .join('');
  await page.setContent(
    `<style>body{margin:0;font-size:0;line-height:0;background:#8884}img:nth-child(2){box-shadow:-1px 0 #8888}</style>${images}`,
  );
  return page.screenshot();
}

/** Logs in at a page that is too narrow for the lists beside the room. */
async function enter(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await log(page).waitFor();
}
