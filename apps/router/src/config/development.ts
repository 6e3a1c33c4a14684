/** The configuration for development: what stands on the command line, and defaults for the rest. */
import { CannotStart, USAGE } from '../failure.ts';
import { Files } from './files.ts';
import type { LoadedConfiguration } from './load.ts';
import { configuration } from './schema.ts';

/** What can be said without a configuration file. */
export interface Flags {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly realms: readonly string[];
  /** Origins, besides its own, whose pages may connect. */
  readonly origins: readonly string[];
}

/** The configuration that flags of the command line amount to. */
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
