/** The pages of all listeners in memory, so that no request ever touches the disk; a reload reads them again. */
import type { PagesConfiguration } from './config/pages.ts';
import { loadPages, type Pages } from './static-sites.ts';

export class PageCache {
  #loaded = new Map<string, { readonly configured: PagesConfiguration; readonly pages: Pages }>();

  /** @throws CannotStart when they cannot be read, the first time that they are asked for */
  of(configured: PagesConfiguration): Pages {
    const key = JSON.stringify(configured);
    const found = this.#loaded.get(key) ?? { configured, pages: loadPages(configured) };
    this.#loaded.set(key, found);
    return found.pages;
  }

  /** Reads all of them again. @throws CannotStart when one cannot be read; they stay what they were then */
  refresh(): void {
    const next = [...this.#loaded].map(([key, { configured }]) => {
      return [key, { configured, pages: loadPages(configured) }] as const;
    });
    this.#loaded = new Map(next);
  }
}
