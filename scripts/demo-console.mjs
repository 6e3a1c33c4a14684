// The console of `npm start`: the realm of operators, the password of the one there is, and what the terminal says of it.
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const AUTHID = 'operator';
/** The variable that the configuration takes the password from. */
export const VARIABLE = 'CONSOLE_PASSWORD';

/** Section `admin` of the configuration. */
export function consoleSection() {
  const role = 'operator';
  const password = `\${${VARIABLE}}`;
  return {
    realm: {
      auth: {
        scram: { principals: { [AUTHID]: { role, password } } },
        wampcra: { principals: { [AUTHID]: { role, secret: password } } },
        ticket: { principals: { [AUTHID]: { role, ticket: password } } },
      },
      roles: { [role]: { permissions: [{ uri: 'wamp.admin.*', allow: ['call'] }] } },
      payloads: [role],
    },
  };
}

/**
 * A random one, and the same at each start: pages that are open log in again. Only the user of this machine may read its file.
 * @param {string} folder
 * @returns {string}
 */
export function consolePassword(folder) {
  const file = join(folder, 'console-password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const password = randomBytes(9).toString('base64url');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/**
 * Prints what the router prints, with a line about the console before the line that says how to stop.
 * @param {import('node:stream').Readable} printed
 * @param {string} origin such as `http://127.0.0.1:8080`
 * @param {string} password
 */
export function printWithConsole(printed, origin, password) {
  createInterface(printed).on('line', (line) => {
    if (line.startsWith('  stop ')) {
      console.log(`  console    ${origin}/dashboard/   log in as ${AUTHID} / ${password}`);
    }
    console.log(line);
  });
}
