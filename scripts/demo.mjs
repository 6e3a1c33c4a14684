// What `npm start` runs beside the web pages: the configuration of its router, and the service of the chat.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { consolePassword, consoleSection, VARIABLE } from './demo-console.mjs';

/** Where the chat keeps its data when nothing else is said. */
const FOLDER = '.data';
const ALL = ['call', 'register', 'publish', 'subscribe'];

/**
 * @typedef {{ host: string, port: number }} Address
 * @typedef {{ configuration: string, env: Record<string, string>, origin: string, password: string }} Demo
 */

/**
 * The address that the arguments of `npm start` name; undefined when they say anything else, which the demo does not
 * know: then the router is started alone, with these arguments.
 * @param {readonly string[]} args
 * @returns {Address | undefined}
 */
export function addressIn(args) {
  const address = { host: '127.0.0.1', port: 8080 };
  for (let index = 0; index < args.length; index += 2) {
    const [name, value = ''] = args.slice(index);
    if (name === '--host' && value !== '') address.host = value;
    else if (name === '--port' && /^\d{1,5}$/.test(value)) address.port = Number(value);
    else return undefined;
  }
  return address;
}

/**
 * Writes the configuration of the router. Its secrets are new at each start, and are in the environment only.
 * @param {string} root
 * @param {Address} address
 * @param {string} [folder] for data and the configuration
 * @returns {Promise<Demo>}
 */
export async function prepareDemo(root, { host, port: wanted }, folder = join(root, FOLDER)) {
  const port = wanted === 0 ? await freePort(host) : wanted;
  mkdirSync(folder, { recursive: true });
  const configuration = join(folder, 'wamp.yaml');
  // JSON is YAML.
  writeFileSync(configuration, JSON.stringify(configurationOf({ host, port }), null, 2));
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const place = `${name.includes(':') ? `[${name}]` : name}:${port}`;
  const password = consolePassword(folder);
  return {
    configuration,
    origin: `http://${place}`,
    password,
    env: {
      [VARIABLE]: password,
      CHAT_ROUTER: `ws://${place}/ws`,
      CHAT_SECRET: randomBytes(24).toString('base64url'),
      CHAT_DATABASE: join(folder, 'chat.db'),
    },
  };
}

/** @param {Address} address */
function configurationOf({ host, port }) {
  return {
    listeners: [{ address: host, port }],
    store: { path: 'events.db' },
    // The first realm is for trying things, without authentication.
    realms: [{ name: 'realm1' }, chatRealm()],
    admin: consoleSection(),
  };
}

/** Rights in the realm of the chat are decided by its service, which logs in with a secret. */
function chatRealm() {
  const procedure = 'chat.authenticate';
  return {
    name: 'chat',
    auth: {
      anonymous: { role: 'guest' },
      scram: { procedure },
      ticket: { procedure },
      wampcra: { principals: { 'chat-service': { role: 'service', secret: '${CHAT_SECRET}' } } },
    },
    roles: {
      service: {
        permissions: [
          { uri: 'chat.*', allow: ALL },
          { uri: 'wamp.session.get', allow: ['call'] },
        ],
      },
      guest: { permissions: [{ uri: 'chat.account.create', allow: ['call'], disclose: { caller: true } }] },
      user: { authorizer: { procedure: 'chat.authorize' } },
    },
    history: [{ topic: 'chat.room..message', match: 'wildcard', depth: 50_000 }],
  };
}

/**
 * @param {string} host
 * @returns {Promise<number>}
 */
function freePort(host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
