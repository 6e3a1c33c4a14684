/** `wamp profile`: writes, lists, shows and removes profiles. */
import { Command } from 'commander';
import { usage } from '../io/failure.ts';
import type { Io } from '../io/io.ts';
import { askSecret, firstLineOf } from '../io/secret.ts';
import { harmless } from '../output/json.ts';
import type { Format } from '../output/output.ts';
import { noProfile, profileNames, readProfile, removeProfile, writeProfile } from '../profile/profile.ts';
import { connecting, entriesOf, type ConnectionOptions } from '../session/options.ts';
import { optionsOf } from '../session/settings.ts';
import { without, type Run } from './desk.ts';
import { outputOption } from './output-option.ts';

interface SetOptions extends ConnectionOptions {
  readonly withSecret?: true;
}

interface FormatOptions {
  readonly output?: Format;
}

export function profileCommand(run: Run): Command {
  return new Command('profile')
    .description('Store connection options under a name, for --profile NAME.')
    .addCommand(setCommand(run))
    .addCommand(listCommand(run))
    .addCommand(showCommand(run))
    .addCommand(removeCommand(run));
}

function setCommand(run: Run): Command {
  const command = new Command('set')
    .description(
      'Write a profile, replacing its previous content. The profile called default is used without --profile.',
    )
    .argument('<name>', 'of the profile')
    .option('--with-secret', 'store a secret in it, which is read from the terminal or standard input');
  return connecting(command).action(async (name: string, options: SetOptions) => {
    await without(run, undefined, async ({ io, note }) => {
      if (options.withSecret === true && options.secretFile !== undefined) {
        throw usage('--with-secret and --secret-file exclude each other', 'Use one of the two.');
      }
      const secret = options.withSecret === true ? { secret: await secretFrom(io) } : {};
      note(`written: ${writeProfile(io.env, name, { ...entriesOf(options), ...secret })}`);
      return undefined;
    });
  });
}

function secretFrom(io: Io): Promise<string> {
  return io.stdin.isTTY === true ? askSecret(io, 'Secret: ') : firstLineOf(io.stdin);
}

function listCommand(run: Run): Command {
  return new Command('list')
    .description('List the profiles.')
    .addOption(outputOption())
    .action(async ({ output }: FormatOptions) => {
      await without(run, output, async ({ io, out }) => {
        for (const name of profileNames(io.env)) await out.record(name, () => name);
        return undefined;
      });
    });
}

function showCommand(run: Run): Command {
  return new Command('show')
    .description('Print a profile, without its secret.')
    .argument('<name>', 'of the profile')
    .addOption(outputOption())
    .action(async (name: string, { output }: FormatOptions) => {
      await without(run, output, async ({ io, out }) => {
        const profile = readProfile(io.env, name);
        if (profile === undefined) throw noProfile(io.env, name);
        const secret = profile.secret === undefined ? {} : { secret: '(kept)' };
        const entries = { ...entriesOf(optionsOf(profile)), ...secret };
        await out.record(entries, () =>
          Object.entries(entries)
            .map(([key, value]) => `${key}: ${harmless(value)}`)
            .join('\n'),
        );
        return undefined;
      });
    });
}

function removeCommand(run: Run): Command {
  return new Command('remove')
    .description('Remove a profile.')
    .argument('<name>', 'of the profile')
    .action(async (name: string) => {
      await without(run, undefined, ({ io, note }) => {
        note(`removed: ${removeProfile(io.env, name)}`);
        return Promise.resolve(undefined);
      });
    });
}
