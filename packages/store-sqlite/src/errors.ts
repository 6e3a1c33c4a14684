/** Errors of the store: SQLite's message, with the file and a remedy. */

/** A failure of a store's file. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}

/** SQLite messages in lower case, and their remedies. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /not a database|malformed|corrupt/,
    'the file is damaged: restore a backup, or save what can be read with `sqlite3 FILE .recover`, or move FILE, FILE-wal and ' +
      'FILE-shm away: the store then begins anew, without history and retained events',
  ],
  [/disk is full|full/, 'make room on the disk; writing is tried again every second'],
  [/locked|busy/, 'another process has the file open: give each router a file of its own'],
  [/readonly|read-only/, 'the file and its folder have to be writable for the user that the router runs as'],
  [
    /unable to open|cantopen/,
    'the folder has to exist, and to be writable for the user that the router runs as',
  ],
  [/disk i\/o|ioerr/, 'the disk fails: look into the log of the system, and move the file to another disk'],
];

/**
 * An error that names the file, the cause, and a remedy.
 * @param doing such as `cannot open`
 */
export function storeError(doing: string, path: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const what = error instanceof Error ? error.message : String(error);
  const advice = ADVICE.find(([words]) => words.test(what.toLowerCase()))?.[1];
  const help = advice === undefined ? '' : ` (${advice.replaceAll('FILE', path)})`;
  return new StoreError(`${doing} ${path}: ${what}${help}`, { cause: error });
}
