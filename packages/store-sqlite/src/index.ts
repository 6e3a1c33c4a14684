/** `@wamp/store-sqlite`: event history and retained events that outlive the router. */
export { sqliteStore, type SqliteStore, type SqliteStoreOptions } from './store.ts';
export { StoreError } from './errors.ts';
export type { StoreStatus } from './group-commit.ts';
export type { Synchronous } from './database.ts';
export {
  driver,
  DRIVERS,
  type Connection,
  type Driver,
  type DriverName,
  type Row,
  type Statement,
  type Value,
} from './driver.ts';
