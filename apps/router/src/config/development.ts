/** The configuration for development: flags of the command line, and defaults. */
import { CannotStart, USAGE } from '../failure.ts';
import { Files } from './files.ts';
import type { LoadedConfiguration } from './load.ts';
import { configuration } from './schema.ts';

/** The flags that replace a configuration file. */
export interface Flags {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly realms: readonly string[];
  /** Origins of web pages that may connect, in addition to the router's own. */
  readonly origins: readonly string[];
}

/** The configuration that the flags stand for. */
export function fromFlags({ host, port, realms, origins }: Flags): LoadedConfiguration {
  const listeners = [{ address: host, port, origins }];
  const said = { listeners, realms: realms.map((name) => ({ name })) };
  return {
    configuration: configuration(new Files('.')).parse(said),
    complaint: (_path, text) => new CannotStart(text, USAGE),
    place: () => 'the command line',
    file: undefined,
    files: [],
  };
}
