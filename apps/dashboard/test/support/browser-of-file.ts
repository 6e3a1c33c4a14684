/** The browser that the tests of one file share. */
import { afterAll, afterEach, beforeAll, type TestContext } from 'vitest';
import { Browsing, noBrowser, OPENING_TIMEOUT } from '../../../router/test/browser.ts';

/** Opens a browser before the tests of the file, and closes its pages after each test. @returns it; skips the test where there is none */
export function browserOfFile(): (context: TestContext) => Browsing {
  let browsing: Browsing | undefined;
  beforeAll(async () => {
    browsing = await Browsing.open();
  }, OPENING_TIMEOUT);
  afterEach(() => browsing?.closePages());
  afterAll(() => browsing?.[Symbol.asyncDispose]());
  return ({ skip }) => browsing ?? skip(noBrowser);
}
