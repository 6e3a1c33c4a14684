/** Option `--output` for commands that connect to nothing. */
import { Option } from 'commander';

export function outputOption(): Option {
  return new Option(
    '--output <format>',
    'json for scripts or text for people (default: text on a terminal)',
  ).choices(['json', 'text']);
}
