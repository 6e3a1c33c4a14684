/** Real pages of the web apps, none of which may complain. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { browserRequired, findBrowser, noBrowser } from '../../../scripts/find-browser.ts';

/** Long enough to fetch a browser, once. */
export const OPENING_TIMEOUT = 180_000;

/** What Chromium and the client say of a page that waits for its router. */
const REFUSED =
  /^WebSocket connection to \S+ failed: .*(?:net::ERR_CONNECTION_(?:REFUSED|RESET|CLOSED)|closed before receiving a handshake response)$|^WAMP: no connection to \S+, trying again/;

/** A browser, and what its pages complain of on their consoles. */
export class Browsing implements AsyncDisposable {
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Resolves to undefined where there is no browser and none is required. */
  static async open(): Promise<Browsing | undefined> {
    const found = await findBrowser();
    if (found !== null) return new Browsing(await chromium.launch(found));
    if (browserRequired) throw new Error(noBrowser);
    return undefined;
  }

  /** A page that shares nothing with the others. */
  async page(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext(options);
    const page = await context.newPage();
    page.setDefaultTimeout(290_000);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type()) || REFUSED.test(message.text())) return;
      this.complaints.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  /** Pages that are open after their test go on asking their router, and looking for it when it has gone. */
  async closePages(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

export { noBrowser };
