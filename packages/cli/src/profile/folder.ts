/** The folder of profiles, and files with secrets, which only their owner may read. */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Exit } from '../io/exit-codes.ts';
import { Failure, usage } from '../io/failure.ts';

/** Size limit in bytes; no profile, ticket or key is longer. */
const LONGEST = 65_536;
/** The permission bits of users other than the owner. */
const OTHERS = 0o077;

/** `~/.config/wamp`, or the folder that XDG_CONFIG_HOME names. */
export function configFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CONFIG_HOME'] ?? '';
  return join(base === '' ? join(env['HOME'] ?? homedir(), '.config') : base, 'wamp');
}

/**
 * The text of a file with a secret: a regular file must be accessible to its owner only, unless `isSecret` finds that
 * its content is not secret. Pipes, such as `<(pass show wamp)`, are read without this check.
 * @param what names the file, for messages
 * @throws Failure
 */
export function readPrivate(
  file: string,
  what: string,
  isSecret: (text: string) => boolean = () => true,
): string {
  const text = readSmall(file, what);
  const stats = statSync(file);
  if (stats.isFile() && isSecret(text)) requirePrivate(file, what, stats);
  return text;
}

/** @throws Failure */
export function readSmall(file: string, what: string): string {
  let bytes: Buffer;
  try {
    const stats = statSync(file);
    if (stats.isFile() && stats.size > LONGEST) {
      throw usage(
        `${what} ${file} has ${stats.size} bytes, more than ${LONGEST}`,
        'Check that it is the right file.',
      );
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable(file, what, error as NodeJS.ErrnoException);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usage(`${what} ${file} is not UTF-8 text`, 'Write it again with a program that saves UTF-8.');
  }
}

function unreadable(file: string, what: string, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'ENOENT') return usage(`${what} ${file} does not exist`);
  return new Failure(`cannot read ${what} ${file}: ${error.code ?? error.message}`, {
    exit: Exit.FAULT,
    cause: error,
  });
}

/** @throws Failure */
function requirePrivate(file: string, what: string, { mode, uid }: Stats): void {
  // Windows has no permission bits.
  if (process.platform === 'win32') return;
  const own = process.getuid?.() ?? uid;
  if (uid !== own && uid !== 0) {
    throw usage(
      `${what} ${file} contains a secret, and belongs to another user`,
      `sudo chown ${own} '${file}'`,
    );
  }
  if ((mode & OTHERS) !== 0) {
    const said = (mode & 0o777).toString(8).padStart(3, '0');
    throw usage(
      `${what} ${file} contains a secret, and other users may read or write it (mode ${said})`,
      `chmod 600 '${file}'`,
    );
  }
}
