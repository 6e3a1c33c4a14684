/** Asks the running router to reload, over its socket for operators. */
import { request } from 'node:http';
import { DRY_RUN, RELOAD } from './admin-server.ts';
import type { LoadedConfiguration } from './config/load.ts';
import { CannotStart } from './failure.ts';
import type { Reloaded } from './reload.ts';

/**
 * @param loaded the configuration file of the running router, which names the socket
 * @param dryRun true to ask what would change
 * @throws CannotStart if no socket is configured, or no router listens on it
 */
export async function askToReload(loaded: LoadedConfiguration, dryRun: boolean): Promise<Reloaded> {
  const { socket } = loaded.configuration.admin;
  if (socket === undefined) {
    const advice = 'restart the router with it, or send it SIGHUP and look into its log';
    throw loaded.complaint(['admin'], `has no socket to ask the router at, expected admin.socket; ${advice}`);
  }
  const answer = JSON.parse(await post(socket, dryRun ? `${RELOAD}?${DRY_RUN}` : RELOAD)) as Reloaded;
  return answer.lines.length > 0 ? answer : { ...answer, lines: ['nothing changes'] };
}

function post(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, method: 'POST' }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => {
        if (response.headers['content-type'] === 'application/json') resolve(body);
        else
          reject(
            new CannotStart(
              `the program that answers at ${socketPath} is not a router: ${body.slice(0, 200)}`,
            ),
          );
      });
    });
    asking.on('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EACCES' ? 'only the user that it runs as may ask it' : 'does it run?';
      reject(new CannotStart(`no router answers at ${socketPath} (${error.code ?? error.message}): ${why}`));
    });
    asking.end();
  });
}
