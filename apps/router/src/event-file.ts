/** Opens the event store of a configuration, logs its errors, and reports its health. */
import { dirname, resolve } from 'node:path';
import { sqliteStore, type SqliteStore } from '@wamp/store-sqlite';
import type { LoadedConfiguration } from './config/load.ts';
import type { ReadinessCheck } from './health.ts';
import type { ProgramLog } from './log.ts';

/**
 * Opens the store of a configuration, if it has one.
 * @throws CannotStart if the file cannot be used
 */
export function openStore(loaded: LoadedConfiguration, log: ProgramLog): SqliteStore | undefined {
  const { store } = loaded.configuration;
  if (store === undefined) return undefined;
  const { path, ...options } = store;
  const folder = loaded.file === undefined ? '.' : dirname(loaded.file);
  try {
    return sqliteStore({
      ...options,
      path: resolve(folder, path),
      onChange(error) {
        if (error === undefined) log('warn', 'the store can be written again', { code: 'store_recovered' });
        else log('error', 'the store cannot be written', { code: 'store_failing', why: error.message });
      },
    });
  } catch (error) {
    throw loaded.complaint(['store', 'path'], error instanceof Error ? error.message : String(error));
  }
}

/** Not ready while events cannot be stored. */
export function storeCheck(store: Pick<SqliteStore, 'status'>): ReadinessCheck {
  return () => {
    const { failing } = store.status;
    return failing === undefined ? undefined : { code: 'store_failing', why: failing };
  };
}
