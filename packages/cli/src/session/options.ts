/**
 * The options for router, realm and credentials; also the keys of profiles and the names of environment variables.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { interval, nonEmpty } from '../io/words.ts';
import type { Format } from '../output/output.ts';

export type Method = 'anonymous' | 'ticket' | 'wampcra' | 'scram' | 'cryptosign' | 'tls';
export type SerializerName = 'json' | 'msgpack' | 'cbor';
export type TransportName = 'websocket' | 'rawsocket' | 'longpoll';

/** The options of one source: the command line, the environment or a profile. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly realm?: string;
  readonly auth?: Method;
  readonly authid?: string;
  readonly secretFile?: string;
  readonly routerKey?: string;
  readonly channelBinding?: 'tls-exporter' | 'tls-unique';
  readonly serializer?: SerializerName;
  readonly transport?: TransportName;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: true;
  /** In milliseconds. */
  readonly connectTimeout?: number;
  readonly output?: Format;
}

/** New option objects on each call, because Commander stores parsed values in them. */
function connectionOptions(): Option[] {
  const methods: Method[] = ['anonymous', 'ticket', 'wampcra', 'scram', 'cryptosign', 'tls'];
  const transports: TransportName[] = ['websocket', 'rawsocket', 'longpoll'];
  return [
    option(
      '--url <url>',
      'the address of the router: ws:, wss:, http:, https:, rs:, rss: or unix:',
    ).argParser(url),
    option('--realm <uri>', 'the realm to join'),
    option('--auth <method>', 'the authentication method').choices(methods),
    option('--authid <name>', 'the authid to log in with'),
    option('--secret-file <file>', 'a file with the ticket, password or private key; - for standard input'),
    option('--router-key <hex>', 'the public key that the router must own (cryptosign)'),
    option('--channel-binding <type>', 'binds the login to the TLS connection').choices([
      'tls-exporter',
      'tls-unique',
    ]),
    option('--serializer <name>', 'the serializer of messages').choices(['json', 'msgpack', 'cbor']),
    option('--transport <kind>', 'the transport (default: by the URL)').choices(transports),
    option('--ca <file>', 'the certificate authority of the router, in PEM'),
    option('--cert <file>', 'the client certificate, in PEM'),
    option('--key <file>', 'the key of the client certificate, in PEM'),
    new Option('--insecure', 'accept any certificate: for tests only'),
    option('--connect-timeout <duration>', 'the time limit for joining').argParser(interval),
    option('--output <format>', 'json for scripts or text for people (default: text on a terminal)').choices([
      'json',
      'text',
    ]),
  ];
}

function option(flags: string, description: string): Option {
  return new Option(flags, description).argParser(nonEmpty);
}

/** Adds the options of a connection to a command. */
export function connecting(command: Command): Command {
  for (const one of connectionOptions()) command.addOption(one.helpGroup('Connection:'));
  return command;
}

/** The options that a profile stores: by name, in the form that can be read again. */
export function entriesOf(options: ConnectionOptions): Record<string, string | boolean> {
  const entries = connectionOptions().flatMap((one): [string, string | boolean][] => {
    const value = options[one.attributeName() as keyof ConnectionOptions];
    if (value === undefined) return [];
    return [[one.name(), typeof value === 'number' ? `${value}ms` : value]];
  });
  return Object.fromEntries(entries);
}

/** The names of the options, without leading dashes. */
export const CONNECTION_KEYS: readonly string[] = connectionOptions().map((one) => one.name());

/** The environment variable of an option. */
export function variableOf(key: string): string {
  return `WAMP_${key.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * Validates values of a profile or the environment with the rules of the command line.
 * @throws CommanderError
 */
export function parsed(entries: readonly (readonly [key: string, value: unknown])[]): ConnectionOptions {
  const judge = connecting(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const words = entries.flatMap(([key, value]) => {
    if (key === 'insecure') return value === true || value === 'true' || value === '1' ? ['--insecure'] : [];
    return [`--${key}`, ...(typeof value === 'string' ? [value] : [String(value)])];
  });
  judge.parse(words, { from: 'user' });
  return judge.opts();
}

/** @throws InvalidArgumentError */
function url(text: string): string {
  const place = URL.canParse(text) ? new URL(text) : undefined;
  if (place === undefined || !/^(wss?|https?|rss?|tcps?|tls|unix):$/.test(place.protocol)) {
    throw new InvalidArgumentError('It must be a URL such as ws://127.0.0.1:8080/ws.');
  }
  if (place.username !== '' || place.password !== '') {
    throw new InvalidArgumentError(
      'It must not contain credentials, which other users could read. Use --secret-file.',
    );
  }
  return text;
}
