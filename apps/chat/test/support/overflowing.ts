/** Whether a page keeps to its width. */
import type { Page } from 'playwright-core';

/** Elements that are wider than their box, though they should not scroll sideways. */
export function overflowing(page: Page): Promise<readonly string[]> {
  return page.evaluate(() =>
    [
      document.documentElement,
      ...document.querySelectorAll('.chat, .sidebar, .room, .log, .composer, .room-head'),
    ]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(
        ({ tagName, className, scrollWidth, clientWidth }) =>
          `${tagName}.${className} ${scrollWidth} > ${clientWidth}`,
      ),
  );
}
