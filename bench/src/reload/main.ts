/** `npm run reload`: reloads a router under load, and counts the sessions and messages that are lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { parseArgs } from 'node:util';
import { connect } from '@wamp/client';
import { Load } from './load.ts';
import { makeCertificate, RouterProcess } from '../router-process.ts';

const USAGE = `npm run reload -- [options]

  --sessions N  the number of sessions, half of which publish; 1000 by default
  --rate N      publications per second; 2000 by default
  --seconds N   the time of load before each reload, and after the last one; 3 by default

Needs openssl. Exit code: 0 when no session and no message is lost, and each reload did what it should; 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '2000' },
    seconds: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});

/** How many sessions use TLS. */
const ENCRYPTED = 20;

function yaml(folder: string, realms = ''): string {
  return `
listeners:
  - { port: 0, pages: false, transports: [websocket] }
  - { port: 0, pages: false, transports: [websocket], tls: { certificate: certificate.pem, key: key.pem } }
admin: { socket: ${join(folder, 'admin.sock')} }
realms:
  - name: realm1
    auth: { anonymous: { role: guest } }
    roles:
      guest:
        permissions:
          - { uri: com.example.load.*, allow: [publish, subscribe] }
${realms}`;
}

const ANOTHER_REALM =
  '  - { name: realm2, auth: { anonymous: { role: guest } }, roles: { guest: { permissions: [] } } }';
/** The permissions of a role, before and after a change. */
const [LESS, MORE] = [
  'allow: [publish, subscribe] }',
  'allow: [publish, subscribe] }\n          - { uri: com.example.more, allow: [publish] }',
];

class Run {
  readonly #router: RouterProcess;
  readonly #load: Load;

  constructor(router: RouterProcess, load: Load) {
    this.#router = router;
    this.#load = load;
  }

  /** Reloads once during some seconds of load. @param holds checks the effect of the reload, given its exit code */
  async step(what: string, yaml: string, holds: (code: number) => Promise<boolean>): Promise<void> {
    await pause();
    this.#router.write(yaml);
    const outcome = await this.#router.reload();
    await pause();
    const ok = await holds(outcome.code);
    if (!ok) process.exitCode = 1;
    const { sent, received, sessionsLost } = this.#load.counts;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}: exit code ${outcome.code}, ${sessionsLost} sessions lost`);
    console.log(`       ${sent} published so far, ${sent - received} of them under way`);
    for (const line of outcome.output.split('\n')) console.log(`       ${line}`);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (Number(values.seconds) * 1000) / 2));
}

/** Whether a new client can join a realm. */
async function admits(url: string, realm: string): Promise<boolean> {
  try {
    await (await connect(url, { realm, reconnect: false })).close();
    return true;
  } catch {
    return false;
  }
}

/** The fingerprint of the certificate that the next handshake shows. */
function fingerprint(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname: host, port } = new URL(url);
    const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

async function main(folder: string): Promise<void> {
  const ca = makeCertificate(folder);
  const router = await RouterProcess.start(folder, yaml(folder));
  try {
    const load = new Load();
    const encrypted = { count: ENCRYPTED, url: router.url('wss'), ca };
    await load.join(Number(values.sessions), router.url('ws'), encrypted);
    console.log(`${values.sessions} sessions have joined, ${ENCRYPTED} of them over TLS`);
    load.begin(Number(values.rate));
    await reloads(folder, router, load);
    await pause();
    await load.end();
    const { sent, received, disorder, sessionsLost } = load.counts;
    console.log(
      `${sent} published, ${sent - received} lost, ${disorder} out of order; ${sessionsLost} sessions lost`,
    );
    if (sent !== received || disorder > 0 || sessionsLost > 0) process.exitCode = 1;
  } finally {
    await router.stop();
  }
}

async function reloads(folder: string, router: RouterProcess, load: Load): Promise<void> {
  const run = new Run(router, load);
  const [url, encrypted] = [router.url('ws'), router.url('wss')];
  const publishes = (): Promise<boolean> =>
    load.witness.publish('com.example.more', [], { acknowledge: true }).then(
      () => true,
      () => false,
    );
  const withRealm = yaml(folder, ANOTHER_REALM);
  const withRights = withRealm.replace(LESS, MORE);
  await run.step('a realm is added', withRealm, async (code) => code === 0 && (await admits(url, 'realm2')));
  const before = await publishes();
  await run.step('a role may do more', withRights, async (code) => {
    return code === 0 && !before && (await publishes());
  });
  const old = await fingerprint(encrypted);
  makeCertificate(folder);
  await run.step('the certificate is replaced', withRights, async (code) => {
    return code === 0 && (await fingerprint(encrypted)) !== old;
  });
  const broken = withRights.replace('anonymous: { role: guest }', 'anonymous: { rol: guest }');
  await run.step('the file is broken', broken, async (code) => {
    return code === 2 && (await publishes()) && (await admits(url, 'realm2'));
  });
}

if (values.help) process.stdout.write(USAGE);
else {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-reload-'));
  try {
    await main(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
