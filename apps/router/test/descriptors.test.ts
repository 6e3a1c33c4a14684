/** Few file descriptors: the router says so, serves as many as it has room for, and recovers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, test } from 'vitest';
import { CertificateFolder } from './certificates.ts';
import { tooFew } from '../src/descriptors.ts';
import { Workshop } from './workshop.ts';

const CONFIGURATION =
  'listeners: [{ address: 127.0.0.1, port: 0, pages: false }]\nrealms: [{ name: realm1 }]\n';

/** True when the connection stays: a RawSocket handshake is answered. */
async function isServed(socket: Socket): Promise<boolean> {
  socket.on('error', () => undefined);
  const answer = new Promise<boolean>((resolve) => {
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  socket.write(Buffer.from('7ff10000', 'hex'));
  return answer;
}

// Elsewhere, the system does not say how many there may be.
describe.runIf(process.platform === 'linux')('A12 few file descriptors', () => {
  test('A12 one line warns, one tells of refusals, and who comes when others have gone is served', async () => {
    await using folder = await CertificateFolder.open();
    await using workshop = await Workshop.open({});
    const file = await folder.write('wamp.yaml', CONFIGURATION);
    const command = [process.execPath, workshop.main, 'start', '--config', file];
    const child = spawn('sh', ['-c', 'ulimit -n 400; exec "$@"', 'sh', ...command]);
    const ended = once(child, 'close');
    let log = '';
    child.stderr.on('data', (chunk) => (log += String(chunk)));
    const [greeting] = (await once(createInterface(child.stdout), 'line')) as [string];
    const port = Number(/\/\/127\.0\.0\.1:(\d+)/.exec(greeting)?.[1]);
    const room = Number(/"limit":400,"connections":(\d+),/.exec(log)?.[1]);
    expect(room).toBeGreaterThan(200);

    const sockets = Array.from({ length: room + 50 }, () => connect(port, '127.0.0.1'));
    const served = await Promise.all(sockets.map(isServed));
    expect(served.filter(Boolean)).toHaveLength(room);
    for (const socket of sockets) socket.destroy();
    // Those who have gone make room by and by.
    while (!(await isServed(connect(port, '127.0.0.1'))));
    child.kill('SIGTERM');
    await ended;
    expect(log.match(/"level":"warn",.*"msg":"few file descriptors"/g)).toHaveLength(1);
    expect(
      log.match(
        /"level":"error",.*"reason":"the server has reached its maxConnections.*"msg":"accepting a connection failed"/g,
      )?.length,
    ).toBeGreaterThan(0);
    expect(log.match(/"level":"error"/g)?.length).toBeLessThan(50);
  });

  test('A12 too few are refused with the limit, and what to do', () => {
    expect(tooFew(39)).toBe(
      'the limit of open files is 39, and the router needs 40 at the least; raise it with ulimit -n, ' +
        'LimitNOFILE= of systemd, or --ulimit nofile= of Docker',
    );
    expect(tooFew(40)).toBeUndefined();
    expect(tooFew(undefined)).toBeUndefined();
  });
});
