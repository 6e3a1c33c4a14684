/** Whether a page keeps to the rules of accessibility, and to its width. */
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** The serious findings of axe on a page, each with the elements that it is about. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

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
