/** The files for containers and service managers: what they say is what the router does. No container engine runs here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCommandLine } from '../src/command-line.ts';
import { readConfiguration } from '../src/config/load.ts';
import { CertificateFolder } from './certificates.ts';
import { Workshop } from './workshop.ts';

function read(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../deploy/${name}`, import.meta.url)), 'utf8');
}

function documents(name: string): unknown[] {
  return parseAllDocuments(read(name)).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
}

/** What is found at a path, whatever it is. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((part, step) => (part as Record<string | number, unknown>)[step], value);
}

let folder: CertificateFolder;
let workshop: Workshop;
beforeAll(async () => {
  folder = await CertificateFolder.open();
  const page = { 'index.html': '<title>stand-in</title>' };
  workshop = await Workshop.open({ chat: page, dashboard: page });
});
afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** How long calls may go on at the end, by default (ms). */
const DRAIN = 10_000;
const START = {
  name: 'start',
  from: '/etc/wamp/wamp.yaml',
  insecureDev: false,
  workers: 1,
  natsServer: 'nats-server',
};

describe('Kubernetes', () => {
  const [config, deployment, service, budget] = documents('kubernetes.yaml');
  const container = at(deployment, 'spec', 'template', 'spec', 'containers', 0);

  test('starts the router as its command line takes it, with a configuration that can be started', async () => {
    expect(readCommandLine(at(container, 'args') as string[])).toEqual(START);
    const yaml = String(at(config, 'data', 'wamp.yaml')).replaceAll(
      /0\.0\.0\.0, port: \d+/g,
      '127.0.0.1, port: 0',
    );
    const file = await folder.write('wamp.yaml', yaml);
    await using router = await workshop.startFrom(file);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const path = String(at(container, probe, 'httpGet', 'path'));
      expect((await fetch(`${router.origin}${path}`)).status).toBe(200);
    }
  });

  test('has the ports of the configuration, time to drain, and one set of labels', () => {
    const yaml = String(at(config, 'data', 'wamp.yaml'));
    const { configuration } = readConfiguration(yaml, { file: 'wamp.yaml', environment: {} });
    const ports = (at(container, 'ports') as { containerPort: number }[]).map((port) => port.containerPort);
    expect(ports).toEqual([configuration.listeners[0]?.port, configuration.admin.listener?.port]);
    const grace = Number(at(deployment, 'spec', 'template', 'spec', 'terminationGracePeriodSeconds'));
    const sleeps = Number((at(container, 'lifecycle', 'preStop', 'exec', 'command') as string[])[1]);
    expect(grace).toBeGreaterThan(sleeps + configuration.drain / 1000);
    const labels = at(deployment, 'spec', 'template', 'metadata', 'labels');
    expect(at(deployment, 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(at(service, 'spec', 'selector')).toEqual(labels);
    expect(at(budget, 'spec', 'selector', 'matchLabels')).toEqual(labels);
  });
});

test('the compose file starts the router, and leaves it time to drain', () => {
  const [compose] = documents('compose.yaml');
  const router = at(compose, 'services', 'router');
  expect(readCommandLine(at(router, 'command') as string[])).toEqual(START);
  expect(at(router, 'stop_grace_period')).toBe('15s');
});

test('the unit of systemd and the image start the router, and reload it', () => {
  const unit = read('wamp-router.service');
  const [, command = ''] = /^ExecStart=\/usr\/bin\/env wamp-router (.*)$/m.exec(unit) ?? [];
  expect(readCommandLine(command.split(' '))).toMatchObject({ name: 'start' });
  expect(unit).toMatch(/^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  // systemd-notify is another process than the one that was started.
  expect(unit).toMatch(/^Type=notify\nNotifyAccess=all\nWatchdogSec=30$/m);
  const fixed = /^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1];
  expect(Number(fixed) * 1000).toBeGreaterThan(DRAIN);
  expect(read('Dockerfile').match(/^FROM .*$/gm)).toEqual([
    'FROM ${NODE_IMAGE} AS build',
    'FROM ${NODE_IMAGE}',
  ]);
  const [, args = ''] = /^CMD (\[.*\])$/m.exec(read('Dockerfile')) ?? [];
  expect(readCommandLine(JSON.parse(args) as string[])).toMatchObject({ name: 'start' });
});

test('init writes a file that check accepts, and never over another; schema prints what editors need', async () => {
  const file = join(folder.path, 'begun.yaml');
  expect(await workshop.run(['init', file])).toMatchObject({ code: 0, stderr: '' });
  const checked = await workshop.run(['check', '--config', file]);
  expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('realm realm1') as string });
  expect(readFileSync(file, 'utf8')).toContain('$schema=https://');
  const again = await workshop.run(['init', file]);
  expect(again).toMatchObject({
    code: 2,
    stderr: `wamp-router: ${file} is there already; name another file, or delete it\n`,
  });
  const { stdout } = await workshop.run(['schema']);
  expect(JSON.parse(stdout)).toHaveProperty('properties.listeners');
});
