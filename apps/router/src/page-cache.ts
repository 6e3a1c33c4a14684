/** The pages of all listeners, in memory, so that requests do not access the disk; a reload reads them again. */
import type { PagesConfiguration } from './config/pages.ts';
import { loadPages, type Pages } from './static-sites.ts';

export class PageCache {
  #loaded = new Map<string, { readonly configured: PagesConfiguration; readonly pages: Pages }>();

  /** @throws CannotStart if they cannot be read on first use */
  of(configured: PagesConfiguration): Pages {
    const key = JSON.stringify(configured);
    const found = this.#loaded.get(key) ?? { configured, pages: loadPages(configured) };
    this.#loaded.set(key, found);
    return found.pages;
  }

  /** Reads all pages again. @throws CannotStart if one cannot be read; then the old ones stay in use */
  refresh(): void {
    const next = [...this.#loaded].map(([key, { configured }]) => {
      return [key, { configured, pages: loadPages(configured) }] as const;
    });
    this.#loaded = new Map(next);
  }
}
