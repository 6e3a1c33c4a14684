/** What a person does in the chat, and waits to see there. */
import type { Locator, Page } from 'playwright-core';

/** Chooses a name and a room, and waits to be in. */
export async function joinChat(page: Page, nickname: string, room = 'lobby'): Promise<void> {
  await page.getByLabel('Nickname').fill(nickname);
  await page.getByLabel('Room').fill(room);
  await page.getByRole('button', { name: 'Join' }).click();
  await page.getByRole('status').getByText('connected', { exact: true }).waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel(/^Message to/).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Where what was said appears. */
export function log(page: Page): Locator {
  return page.getByRole('log');
}

/** The row of a member of the room. */
export function member(page: Page, nickname: string): Locator {
  return page.getByRole('complementary').getByRole('listitem').filter({ hasText: nickname });
}
