/** `wamp keygen`: creates an Ed25519 key for cryptosign, in a new file. */
import { generateKeyPairSync } from 'node:crypto';
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
      'Make an Ed25519 key for cryptosign: the private one goes to a file, the public one is written.',
    )
    .argument('<file>', 'where the private key is to be; it must not exist')
    .option('--public', 'make none, but write the public key of the one in the file')
    .addOption(outputOption())
    .action(async (file: string, options: Options) => {
      await without(run, options.output, async ({ out }) => {
        const publicKey = options.public === true ? publicKeyOf(file) : made(file);
        await out.record({ file, public_key: publicKey }, ({ dim }) =>
          [
            `public key   ${publicKey}`,
            `private key  ${file}`,
            dim('The router knows you by the public key: it goes to authorized_keys of a principal.'),
            dim(`You log in with: --auth cryptosign --authid NAME --secret-file ${file}`),
          ].join('\n'),
        );
        return undefined;
      });
    });
}

function publicKeyOf(file: string): string {
  const seed = fromHex(seedIn(readPrivate(file, 'key file')), 32);
  if (seed === undefined) throw usage(`${file} has no Ed25519 key`);
  return toHex(ed25519PublicKey(seed));
}

/** Writes a new private key. @throws Failure if the file exists */
function made(file: string): string {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const [seed, publicKey] = [d ?? '', x ?? ''].map((part) => Buffer.from(part, 'base64url').toString('hex'));
  try {
    writeFileSync(file, `${seed}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw usage(`${file} exists already`, 'A key is never overwritten: name another file.');
    throw new Failure(`${file} cannot be written: ${code ?? message}`, { exit: Exit.FAULT, cause: error });
  }
  return publicKey ?? '';
}
