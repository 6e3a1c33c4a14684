/** Section `reload` of the configuration. */
import { z } from 'zod';

/** When the configuration is reloaded, besides on SIGHUP. */
export interface ReloadConfiguration {
  /** Whether the files are watched. */
  readonly watch: boolean;
}

export function reload(): z.ZodType<ReloadConfiguration> {
  return z
    .strictObject({
      watch: z
        .boolean()
        .default(false)
        .describe(
          'Whether the configuration is reloaded when its file, or a file that it includes or names, such as a certificate, changes. SIGHUP reloads it in any case.',
        ),
    })
    .meta({ title: 'a mapping with watch' });
}
