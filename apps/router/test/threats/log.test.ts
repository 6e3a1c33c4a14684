/** What a hostile client may write into the log (threat 32 of docs/threats.md). */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CertificateFolder } from '../certificates.ts';
import { Workshop, type RunningRouter } from '../workshop.ts';

/** Begins a line of its own, colours it, takes back what stands before, ends a text, and more. */
const EVIL = [
  '\n2026-01-01T00:00:00.000Z info all is well {}',
  '\r\n',
  '\u001b[31mred\u001b[0m',
  'a\b\b\bb',
  '\u0000',
  '\u007f\u0080\u009b31m',
  '\u2028\u2029',
  '\u202egnp.exe',
  '"} {"',
  'x'.repeat(2000),
];
const SECRET = 'a very secret ticket';

const CONFIGURATION = `
log: { level: debug }
listeners:
  - { port: 0 }
realms:
  - name: realm1
    auth:
      anonymous: { role: guest }
      ticket: { principals: { joe: { ticket: ${SECRET}, role: guest } } }
    roles:
      guest: { permissions: [{ uri: com.a, allow: [call] }] }
`;

let folder: CertificateFolder;
let workshop: Workshop;
let router: RunningRouter;
beforeAll(async () => {
  folder = await CertificateFolder.open();
  const page = { 'index.html': '<title>stand-in</title>' };
  workshop = await Workshop.open({ chat: page, dashboard: page });
  router = await workshop.startFrom(await folder.write('wamp.yaml', CONFIGURATION));
});
afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** Says something over RawSocket, and waits for the end, or for as many answers. */
async function say(...messages: readonly (readonly unknown[])[]): Promise<void> {
  const socket = connect(Number(new URL(router.origin).port), '127.0.0.1');
  socket.write(Buffer.of(0x7f, 0xf1, 0, 0));
  for (const message of messages) {
    const body = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    socket.write(Buffer.concat([head, body]));
  }
  socket.end();
  socket.resume();
  await once(socket, 'close');
}

async function request(lines: string): Promise<void> {
  const socket = connect(Number(new URL(router.origin).port), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.end(lines);
  socket.resume();
  await once(socket, 'close');
}

test('threat 32: what clients say is one line each, without control characters, and never long', async () => {
  const hello = (realm: string, details: object): readonly unknown[] => [
    1,
    realm,
    { roles: { caller: {}, publisher: {} }, ...details },
  ];
  for (const evil of EVIL) {
    await say(hello(evil, {}));
    await say(hello(`com.${evil}`, { authid: evil, agent: evil }));
    await say(hello('realm1', { authmethods: ['ticket'], authid: evil, agent: evil }), [5, evil, {}]);
    await say(hello('realm1', { authmethods: [evil], authid: evil }));
    await say(hello('realm1', { agent: evil }), [48, 1, {}, evil], [16, 2, {}, evil], [evil, evil]);
    await say([evil]);
    await request(
      `GET /ws HTTP/1.1\r\nHost: x\r\nUser-Agent: ${evil}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await request(`GET /${evil} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }
  await say(hello('realm1', { authmethods: ['ticket'], authid: 'joe' }), [5, SECRET, {}]);
  await say(hello('realm1', { authmethods: ['ticket'], authid: 'joe' }), [5, `${SECRET}?`, {}]);
  router.kill('SIGTERM');
  const { code, stderr } = await router.ended;
  expect(code).toBe(0);
  const lines = stderr.split('\n').slice(0, -1);
  expect(lines.length).toBeGreaterThan(EVIL.length);
  for (const line of lines) {
    // A line that somebody else had begun would not look like this, or would be the one that they wrote.
    expect(line).toMatch(
      /^\{"level":"(debug|info|warn|error)","time":"\d{4}-\d\d-\d\dT[\d:.]+Z",.*"msg":"[^"]+"\}$/,
    );
    expect(line).not.toMatch(/^2026-01-01/);
    // eslint-disable-next-line no-control-regex -- these are what must not be there
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
    expect(line).not.toContain(SECRET);
    const facts = JSON.parse(line) as Readonly<Record<string, unknown>>;
    for (const fact of Object.values(facts)) {
      if (typeof fact === 'string') expect(fact.length).toBeLessThanOrEqual(512);
    }
  }
});
