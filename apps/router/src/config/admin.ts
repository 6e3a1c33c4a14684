/** Section `admin` of the configuration: where metrics, health and commands are served. */
import { z } from 'zod';
import { isHost, unixPath } from './hosts.ts';
import { NOT_WELL_FORMED, port, text } from './kinds.ts';

/** Where metrics and health are served. */
export interface AdminConfiguration {
  /** The HTTP address of `/metrics` and `/health`; undefined for none. */
  readonly listener?: AdminListener;
  /** The path of a Unix domain socket that also accepts commands; undefined for none. */
  readonly socket?: string;
}

interface AdminListener {
  readonly address: string;
  /** 0 for any free port. */
  readonly port: number;
}

const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_PORT = 9480;

export function admin(): z.ZodType<AdminConfiguration> {
  return z
    .strictObject({
      listener: adminListener()
        .exactOptional()
        .describe(
          'Answers `/metrics` (Prometheus) and `/health` over HTTP, to everybody who reaches it: keep it to the loopback ' +
            'address, or to a network of your own.',
        ),
      socket: unixPath()
        .exactOptional()
        .describe(
          'Path of a Unix domain socket that answers the same, and takes orders such as `wamp-router reload`, from users that may write to it: the one that the router runs as.',
        ),
    })
    .meta({ title: 'a mapping for administration' });
}

function adminListener(): z.ZodType<AdminListener> {
  return z
    .strictObject({
      address: text('a host name or an address')
        .refine(isHost, { message: NOT_WELL_FORMED })
        .default(DEFAULT_ADDRESS)
        .describe('Host name or address to listen on.'),
      port: port().default(DEFAULT_PORT).describe('Port to listen on; 0 stands for any free one.'),
    })
    .meta({ title: 'a mapping with address and port' });
}
