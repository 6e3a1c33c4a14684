/** Option `--output` for commands without a connection. */
import { Option } from 'commander';

export function outputOption(): Option {
  return new Option(
    '--output <format>',
    'json for scripts or text for people (default: text on a terminal)',
  ).choices(['json', 'text']);
}
