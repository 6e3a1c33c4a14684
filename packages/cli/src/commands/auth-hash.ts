/** `wamp auth hash`: derives the values that a router's configuration contains instead of a password. */
import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { scramKeys, toHex, wampcraKey, type ScramCost } from '@wamp/protocol/auth';
import { usage } from '../io/failure.ts';
import type { Io } from '../io/io.ts';
import { askSecret, firstLineOf } from '../io/secret.ts';
import { integer } from '../io/words.ts';
import type { Format } from '../output/output.ts';
import { readPrivate } from '../profile/folder.ts';
import { without, type Run } from './desk.ts';
import { outputOption } from './output-option.ts';

interface Options {
  readonly method: 'scram' | 'wampcra';
  readonly kdf: ScramCost['kdf'];
  readonly iterations?: number;
  readonly memory?: number;
  readonly secretFile?: string;
  readonly output?: Format;
}

/** The defaults of `scramCredentials` of `@wamp/router`. */
const SCRAM_COST: Readonly<Record<ScramCost['kdf'], ScramCost>> = {
  argon2id13: { kdf: 'argon2id13', iterations: 2, memory: 19_456 },
  pbkdf2: { kdf: 'pbkdf2', iterations: 600_000 },
};
const WAMPCRA = { iterations: 100_000, keylen: 32 } as const;
const SALT_SIZE = 16;

export function authCommand(run: Run): Command {
  return new Command('auth')
    .description('Derive what a router stores instead of secrets.')
    .addCommand(hashCommand(run));
}

function hashCommand(run: Run): Command {
  return new Command('hash')
    .description(
      'Derive what a router stores instead of a password, which is read from the terminal or a pipe.',
    )
    .addOption(
      new Option('--method <method>', 'the authentication method')
        .choices(['scram', 'wampcra'])
        .default('scram'),
    )
    .addOption(
      new Option('--kdf <name>', 'the key derivation function of scram')
        .choices(['argon2id13', 'pbkdf2'])
        .default('argon2id13'),
    )
    .option('--iterations <number>', 'how often', integer(1, 10_000_000))
    .option('--memory <kib>', 'the memory cost of argon2id13, in KiB', integer(8, 4_194_304))
    .option('--secret-file <file>', 'a file with the password (default: standard input)')
    .addOption(outputOption())
    .action(async (options: Options) => {
      await without(run, options.output, async ({ io, out }) => {
        const password = await passwordFrom(io, options.secretFile);
        const keys =
          options.method === 'scram'
            ? await scramRow(password, options)
            : await wampcraRow(password, options);
        await out.record(keys, () => yaml(keys));
        return undefined;
      });
    });
}

async function passwordFrom(io: Io, file: string | undefined): Promise<string> {
  if (file !== undefined && file !== '-')
    return readPrivate(file, 'secret file').replace(/^\ufeff|\r?\n$/g, '');
  if (io.stdin.isTTY !== true) return firstLineOf(io.stdin);
  const password = await askSecret(io, 'Password: ');
  if (password !== (await askSecret(io, 'Again: '))) throw usage('the two passwords differ', 'Try again.');
  if (password === '') throw usage('the password is empty');
  return password;
}

type Row = Readonly<Record<string, string | number>>;

async function scramRow(password: string, { kdf, iterations, memory }: Options): Promise<Row> {
  if (kdf === 'pbkdf2' && memory !== undefined)
    throw usage('--memory is for argon2id13', 'Omit it for pbkdf2.');
  const usual = SCRAM_COST[kdf];
  const cost = {
    kdf,
    iterations: iterations ?? usual.iterations,
    ...(usual.memory !== undefined && { memory: memory ?? usual.memory }),
  };
  const salt = randomBytes(SALT_SIZE);
  const { storedKey, serverKey } = await scramKeys(password, salt, cost);
  return { ...cost, salt: toHex(salt), stored_key: toHex(storedKey), server_key: toHex(serverKey) };
}

async function wampcraRow(password: string, { iterations = WAMPCRA.iterations }: Options): Promise<Row> {
  const salting = { salt: randomBytes(SALT_SIZE).toString('hex'), iterations, keylen: WAMPCRA.keylen };
  return { key: await wampcraKey(password, salting), ...salting };
}

/** The lines to add to the principal in the configuration of `wamp-router`. */
function yaml(row: Row): string {
  return Object.entries(row)
    .map(([key, value]) => `${key}: ${typeof value === 'number' ? value : `'${value}'`}`)
    .join('\n');
}
