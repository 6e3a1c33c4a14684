/** Section `store` of the configuration: the file that keeps event history and retained events. */
import { z } from 'zod';
import { camelKeys } from './camel-keys.ts';
import { duration, text } from './kinds.ts';

/** The store file; times in ms. */
export interface StoreConfiguration {
  readonly path: string;
  readonly writeFirst: boolean;
  readonly synchronous: 'full' | 'normal' | 'off';
  readonly interval: number;
}

/** The default interval between transactions (ms). */
const DEFAULT_INTERVAL = 5;

export function store(): z.ZodType<StoreConfiguration> {
  const rows = {
    path: text('the path of a file').describe(
      'File, in a folder that exists; a relative path begins at the folder of the configuration. Each router has its own file.',
    ),
    write_first: z
      .boolean()
      .default(true)
      .describe(
        'Whether a stored event is acknowledged and sent only after it has been written. Otherwise, killing the process loses the events of the last milliseconds.',
      ),
    synchronous: z
      .enum(['full', 'normal', 'off'])
      .default('full')
      .describe(
        'What a power failure may destroy: nothing (full), the last transactions (normal), or the file (off).',
      ),
    interval: duration(DEFAULT_INTERVAL).describe('The minimum time between two transactions.'),
  };
  return z.strictObject(rows).transform(camelKeys).meta({ title: 'a mapping for a store' });
}
