/** Whether a page keeps to the rules of accessibility, as axe reads them. */
import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * The serious findings of axe on a page, each with the elements that it is about.
 * @param options none: all rules
 * @param within a selector of the elements that are looked at: the whole page by default
 */
export async function seriousFindings(
  page: Page,
  options: RunOptions = {},
  within = 'html',
): Promise<readonly string[]> {
  // To compile axe takes longer than to run it, and a page keeps it.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source);
  // Axe describes what is wrong; to describe all that is right takes it as long again.
  const all: RunOptions = { ...options, resultTypes: ['violations'] };
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run({ include: [[${JSON.stringify(within)}]] }, ${JSON.stringify(all)})`,
  );
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
