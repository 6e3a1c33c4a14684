/** Where profiles are kept, and files with secrets in them: for nobody's eyes but their owner's. */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Exit } from '../io/exit-codes.ts';
import { Failure, usage } from '../io/failure.ts';

/** Bytes. No profile, ticket or key is longer. */
const LONGEST = 65_536;
/** The permissions of others than the owner. */
const OTHERS = 0o077;

/** `~/.config/wamp`, or where XDG_CONFIG_HOME says. */
export function configFolder(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_CONFIG_HOME'] ?? '';
  return join(base === '' ? join(env['HOME'] ?? homedir(), '.config') : base, 'wamp');
}

/**
 * The text of a file with a secret: a regular file has to be its owner's alone, unless `isSecret` says that what it
 * has is none. Pipes, such as `<(pass show wamp)`, are read as they are.
 * @param what the file is, for messages
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
      throw usage(`${what} ${file} has ${stats.size} bytes, more than ${LONGEST}`, 'Is it the right file?');
    }
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable(file, what, error as NodeJS.ErrnoException);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usage(
      `${what} ${file} is no text in UTF-8`,
      'Write it anew, without a program that encodes it otherwise.',
    );
  }
}

function unreadable(file: string, what: string, error: NodeJS.ErrnoException): Failure {
  if (error.code === 'ENOENT') return usage(`${what} ${file} does not exist`);
  return new Failure(`${what} ${file} cannot be read: ${error.code ?? error.message}`, {
    exit: Exit.FAULT,
    cause: error,
  });
}

/** @throws Failure */
function requirePrivate(file: string, what: string, { mode, uid }: Stats): void {
  // Windows keeps permissions elsewhere.
  if (process.platform === 'win32') return;
  const own = process.getuid?.() ?? uid;
  if (uid !== own && uid !== 0) {
    throw usage(`${what} ${file} has a secret, and belongs to another user`, `sudo chown ${own} '${file}'`);
  }
  if ((mode & OTHERS) !== 0) {
    const said = (mode & 0o777).toString(8).padStart(3, '0');
    throw usage(
      `${what} ${file} has a secret, and others may read or write it (mode ${said})`,
      `chmod 600 '${file}'`,
    );
  }
}
