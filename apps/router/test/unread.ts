/** A process for log.test.ts: writes far more lines than anybody reads, and says on stdout what became of them. */
import { Socket } from 'node:net';
import { LineWriter } from '../src/line-writer.ts';

const [, , count = '0'] = process.argv;
// A pipe of its own, so that stderr tells what goes wrong in this program.
const stream = new Socket({ fd: 3, readable: false, writable: true });
const lines = new LineWriter(stream);
for (let n = 0; n < Number(count); n += 1) lines.write(`${n} ${'x'.repeat(1000)}`);
// A turn later what the pipe has room for is gone.
setImmediate(() => {
  process.stdout.write(`${JSON.stringify({ waiting: stream.writableLength, missing: lines.missing })}\n`);
});
process.stdin.resume().on('end', () => stream.end());
