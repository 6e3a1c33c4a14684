/** The configuration for development: what stands on the command line, and defaults for the rest. */
import type { Flags } from '../command-line.ts';
import { CannotStart, USAGE } from '../failure.ts';
import { Files } from './files.ts';
import type { LoadedConfiguration } from './load.ts';
import { configuration } from './schema.ts';

export function fromFlags({ host, port, realms, origins }: Flags): LoadedConfiguration {
  const listeners = [{ address: host, port, origins }];
  const said = { listeners, realms: realms.map((name) => ({ name })) };
  return {
    configuration: configuration(new Files('.')).parse(said),
    complaint: (_path, text) => new CannotStart(text, USAGE),
    place: () => 'the command line',
  };
}
