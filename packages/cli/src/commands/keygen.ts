/** `wamp keygen`: creates an Ed25519 key for cryptosign, in a new file. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { fromHex, toHex } from '@wamp/protocol/auth';
import { ed25519PublicKey } from '@wamp/protocol/ed25519';
import { Exit } from '../io/exit-codes.ts';
import { Failure, usage } from '../io/failure.ts';
import { readPrivate } from '../profile/folder.ts';
import { seedIn } from '../session/auth.ts';
import type { Format } from '../output/output.ts';
import { outputOption } from './output-option.ts';
import { without, type Run } from './desk.ts';

interface Options {
  readonly public?: true;
  readonly output?: Format;
}

export function keygenCommand(run: Run): Command {
  return new Command('keygen')
    .description(
      'Create an Ed25519 key for cryptosign: the private key is saved in a file, the public key is printed.',
    )
    .argument('<file>', 'the new file for the private key')
    .option('--public', 'print the public key of the private key in the file, without creating one')
    .addOption(outputOption())
    .action(async (file: string, options: Options) => {
      await without(run, options.output, async ({ out }) => {
        const publicKey = options.public === true ? publicKeyOf(file) : made(file);
        await out.record({ file, public_key: publicKey }, ({ dim }) =>
          [
            `public key   ${publicKey}`,
            `private key  ${file}`,
            dim('Add the public key to authorized_keys of a principal in the configuration of the router.'),
            dim(`Log in with: --auth cryptosign --authid NAME --secret-file ${file}`),
          ].join('\n'),
        );
        return undefined;
      });
    });
}

function publicKeyOf(file: string): string {
  const seed = fromHex(seedIn(readPrivate(file, 'key file')), 32);
  if (seed === undefined) throw usage(`${file} does not contain an Ed25519 key`);
  return toHex(ed25519PublicKey(seed));
}

/** Writes a new private key. @throws Failure if the file exists */
function made(file: string): string {
  // A private key is 32 random octets (RFC 8032 §5.1.5). Node 20 can hang when it exports a key pair that it generated.
  const seed = randomBytes(32);
  try {
    writeFileSync(file, `${toHex(seed)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw usage(`${file} exists already`, 'A key is never overwritten: name another file.');
    throw new Failure(`cannot write ${file}: ${code ?? message}`, { exit: Exit.FAULT, cause: error });
  }
  return toHex(ed25519PublicKey(seed));
}
