/** What a person does on the page of the chat, and where it shows. */
import type { Locator, Page } from 'playwright-core';

/** Fills in the form, and waits to be in. */
export async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('status').getByText('online', { exact: true }).waitFor();
}

/** Opens a room by its link, and waits for its messages. */
export async function openRoom(page: Page, title: string): Promise<void> {
  await page.getByRole('link', { name: title }).click();
  await page.getByRole('log', { name: `Messages in ${title}` }).waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: /^Message to/ }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

/** Where messages appear. */
export function log(page: Page): Locator {
  return page.getByRole('log');
}

/** The message with a text. */
export function message(page: Page, text: string): Locator {
  return log(page).getByRole('article').filter({ hasText: text });
}

/** The texts of all messages, in order. */
export function shown(page: Page): Promise<readonly string[]> {
  return log(page).locator('.bubble .text').allInnerTexts();
}

/** The entry of a person in the list. */
export function person(page: Page, name: string): Locator {
  return page.getByRole('list', { name: 'People' }).getByRole('button', { name });
}
