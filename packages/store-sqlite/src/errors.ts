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
      'FILE-shm away: the store then starts empty, without history and retained events',
  ],
  [/disk is full|full/, 'free space on the disk; writing is retried every second'],
  [/locked|busy/, 'another process has the file open: give each router a file of its own'],
  [/readonly|read-only/, 'make the file and its folder writable for the user that the router runs as'],
  [/unable to open|cantopen/, 'create the folder, and make it writable for the user that the router runs as'],
  [/disk i\/o|ioerr/, 'the disk has failed: check the system log, and move the file to another disk'],
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
