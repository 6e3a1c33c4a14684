/** `npm run durable`: measures the cost of a store in a file, and checks that killed routers lose no acknowledged publication. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { kill } from './kills.ts';
import { STORES, throughput } from './throughput.ts';

const USAGE = `npm run durable -- [options]

  --times N   the number of routers that are killed with -9 during traffic, one after the other on one file; 10 by default
  --events N  the number of publications that are timed with each store; 20000 by default
  --folder F  the folder for the files; by default that for temporary files, which may be in memory

Exit code: 0 when everything that was acknowledged is in the file after each kill, and 1 otherwise.
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
  let number = 0;
  const times = Number(values.times);
  for await (const { acknowledged, missing } of kill(join(folder, 'killed.db'), times, Math.random)) {
    number += 1;
    if (missing > 0) process.exitCode = 1;
    if (number === times || missing > 0 || number % 10 === 0) {
      console.log(
        `${number} routers killed: ${acknowledged} publications acknowledged, ${missing} of them missing`,
      );
    }
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
