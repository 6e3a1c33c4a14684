/** What the metrics say about readiness, and about the certificates of listeners. */
import { X509Certificate } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { MetricsRegistry } from '@wamp/router';
import { expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { Health } from '../src/health.ts';
import { measureReadiness } from '../src/readiness-metrics.ts';
import { start } from '../src/start.ts';
import { CertificateFolder } from './certificates.ts';
import { readExposition } from './exposition.ts';

test('wamp_ready is 1 while the router is ready, and 0 for any reason against it', () => {
  const [metrics, health] = [new MetricsRegistry(), new Health()];
  let isDraining = false;
  health.add(() => (isDraining ? { code: 'draining', why: 'the router is shutting down' } : undefined));
  measureReadiness(metrics, health, { told: () => [] });
  const value = (): unknown => metrics.read().find(({ name }) => name === 'wamp_ready')?.samples;
  expect(value()).toMatchObject([{ value: 1 }]);
  isDraining = true;
  expect(value()).toMatchObject([{ value: 0 }]);
});

test('wamp_certificate_expiry_seconds is the date of each certificate, and that of a renewed one after a reload', async () => {
  await using folder = await CertificateFolder.open();
  const [used, usedKey] = [`${folder.path}/used.pem`, `${folder.path}/used-key.pem`];
  const use = (certificate: string, key: string): number => {
    copyFileSync(`${folder.path}/${certificate}`, used);
    copyFileSync(`${folder.path}/${key}`, usedKey);
    return Date.parse(new X509Certificate(readFileSync(used)).validTo) / 1000;
  };
  const first = use('certificate.pem', 'key.pem');
  const file = await folder.write(
    'wamp.yaml',
    `
listeners:
  - { port: 0, pages: false, tls: { certificate: used.pem, key: used-key.pem } }
  - { unix: ${folder.path}/plain.sock, pages: false }
realms: [{ name: realm1 }]
admin: { listener: { port: 0 } }
`,
  );
  const running = await start(loadConfiguration(file, {}), false);
  onTestFinished(() => running.stop());
  const read = async () => {
    const response = await fetch(`${running.adminUrl ?? ''}/metrics`);
    const metrics = readExposition(await response.text());
    return [metrics.get('wamp_ready')?.samples, metrics.get('wamp_certificate_expiry_seconds')?.samples];
  };
  const ready = [{ name: 'wamp_ready', labels: {}, value: 1 }];
  const expiry = (value: number): unknown => [
    { name: 'wamp_certificate_expiry_seconds', labels: { listener: '127.0.0.1 port 0' }, value },
  ];
  expect(await read()).toEqual([ready, expiry(first)]);
  const second = use('renewed.pem', 'renewed-key.pem');
  expect(second).not.toBe(first);
  expect(await running.reload()).toMatchObject({ ok: true });
  expect(await read()).toEqual([ready, expiry(second)]);
});
