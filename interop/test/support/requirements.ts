/** What a machine may lack. A developer's tests are skipped then, and say why; those of CI fail. */

/** True where nothing may be left out. */
const NOTHING_MAY_LACK: boolean = process.env['CI'] === 'true' || process.env['WAMP_REQUIRE_INTEROP'] === '1';

/** Skips the test, or throws where nothing may be left out. */
export function lacking(what: string, skip: (note: string) => never): never {
  if (NOTHING_MAY_LACK) throw new Error(what);
  skip(what);
}
