/** Section `pages` of a listener: the built-in web pages, or folders of the operator. */
import { statSync } from 'node:fs';
import { z } from 'zod';
import type { Files } from './files.ts';
import { duration, text, urlPath } from './kinds.ts';

/** A folder whose files are served. */
export interface PagesRule {
  /** The URL path of the folder; it ends with a slash. */
  readonly path: string;
  /** The absolute path. */
  readonly folder: string;
  /** Whether unknown paths are answered with the index page, for single-page applications. */
  readonly spa: boolean;
  /** How long browsers may cache a file without validation (ms); files below `assets` are cached for a year. */
  readonly cache: number;
}

/** True for the built-in pages, false for none, or folders. */
export type PagesConfiguration = boolean | readonly PagesRule[];

export function pages(files: Files): z.ZodType<PagesConfiguration> {
  const whole = z
    .strictObject({
      folder: folder(files).describe('The folder.'),
      spa: z
        .boolean()
        .default(false)
        .describe('Whether paths without a file are answered with index.html, for single-page applications.'),
      cache: duration(0).describe('The time for which browsers may cache a file.'),
    })
    .meta({ title: 'a mapping with folder' });
  const short = folder(files).transform((path) => ({ folder: path, spa: false, cache: 0 }));
  const folders = z
    .record(
      urlPath(),
      z.union([short, whole]).meta({ title: 'the path of a folder, or a mapping with folder' }),
    )
    .transform((rules): PagesConfiguration =>
      Object.entries(rules).map(([path, rule]) => ({ path: path.replace(/\/*$/, '/'), ...rule })),
    );
  return z.union([z.boolean(), folders]).meta({ title: 'true, false, or a mapping of folders by path' });
}

function folder(files: Files): z.ZodType<string, string> {
  return text('the path of a folder').transform((path, context) => {
    const whole = files.resolve(path);
    if (statSync(whole, { throwIfNoEntry: false })?.isDirectory() === true) return whole;
    context.addIssue({ code: 'custom', message: 'there is no such folder' });
    return z.NEVER;
  });
}
