/** The sizes and color schemes that each state is pictured in. */
import type { Page } from 'playwright-core';

/** Writes a picture of a page. */
export type Take = (page: Page, name: string) => Promise<void>;

export const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };

/** Both sizes, both color schemes: `name`, `name-dark`, `name-phone`, `name-phone-dark`. */
export async function takeAll(page: Page, name: string, take: Take): Promise<void> {
  for (const [size, viewport] of [
    ['', DESKTOP],
    ['-phone', PHONE],
  ] as const) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      await take(page, `${name}${size}${colorScheme === 'dark' ? '-dark' : ''}`);
    }
  }
  await page.setViewportSize(DESKTOP);
}
