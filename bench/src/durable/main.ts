/** `npm run durable`: measures the cost of a store in a file, and checks that routers killed in traffic lose nothing acknowledged. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kills } from './kills.ts';
import { STORES, throughput } from './throughput.ts';

const USAGE = `npm run durable -- [options]

  --times N   how often wamp-router, with a store in a file, is killed with -9 during traffic; 10 by default
  --events N  the number of publications that are timed with each store; 20000 by default
  --folder F  the folder for the files; by default that for temporary files, which may be in memory

After each kill, the next router is asked for its event history and retained events: everything that was acknowledged has
to be there once, with the contents that were published. Exit code: 0 when it is, and 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '10' },
    events: { type: 'string', default: '20000' },
    folder: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});

async function main(folder: string): Promise<void> {
  let bare: number | undefined;
  for (const store of STORES) {
    const { rate, cpu, wait } = await throughput(store, folder, Number(values.events));
    bare ??= rate;
    const figures = `${rate.toFixed(0).padStart(7)} /s  ${cpu.toFixed(1).padStart(6)} µs CPU each  ${wait.toFixed(2)} ms to PUBLISHED`;
    console.log(`${store.padEnd(28)} ${figures}  ratio ${(rate / bare).toFixed(2)}`);
  }
  await killAll(join(folder, 'killed'), Number(values.times));
}

async function killAll(folder: string, times: number): Promise<void> {
  mkdirSync(folder);
  const began = performance.now();
  let [number, underWay] = [0, 0];
  for await (const kill of kills(folder, times, Math.random)) {
    number += 1;
    underWay += kill.underWay;
    const { acknowledged, kept, missing, wrong } = kill;
    const isFaulty = missing > 0 || wrong > 0;
    if (isFaulty) process.exitCode = 1;
    if (number !== times && !isFaulty && number % 10 !== 0) continue;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(
      `${number} routers killed, with ${underWay} publications under way: ${acknowledged} acknowledged; ` +
        `${kept} events kept, ${missing} missing, ${wrong} wrong or twice (${seconds} s)`,
    );
  }
}

if (values.help) process.stdout.write(USAGE);
else {
  const folder = mkdtempSync(join(values.folder, 'wamp-durable-'));
  try {
    await main(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
