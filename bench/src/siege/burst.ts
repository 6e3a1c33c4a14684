/** `npm run burst`: checks that a callee or subscriber that works as fast as it can stays connected during bursts. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { digits } from '../figures.ts';
import { sleep } from '../sleep.ts';
import { TEXT_1M, TEXT_64K } from './bodies.ts';
import { crawl } from './kinds/kind.ts';
import { Link } from './link.ts';
import { Program } from './program.ts';
import { longestTurn } from './report.ts';
import { newKindTally } from './tally.ts';

const USAGE = `npm run burst -- [options]

  --calls N        the number of calls in a burst, 64 by default: first of 1 MB each, then with results of 1 MB each
  --megabytes N    the size of a burst of events, 200 MB by default: first as messages of 1 MB, then of 64 KB
  --rate N         the rate at which the subscriber reads, in MB/s; 2 by default, so that each burst takes 100 s
  --router FILE    the main.js of another build

The callee is a session of @wamp/client in a separate process, which answers at once.
Exit code: 0 when every call has its result, every event has arrived, in order, and no session has ended; 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    calls: { type: 'string', default: '64' },
    megabytes: { type: 'string', default: '200' },
    rate: { type: 'string', default: '2' },
    router: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** How long answers may take (s). */
const PATIENCE = 30;
const TOPIC = 'burst.events';

async function startCallee(port: number): Promise<ChildProcess> {
  const callee = fork(fileURLToPath(new URL('burst-callee.ts', import.meta.url)), [String(port)], {
    execArgv: process.execArgv,
  });
  process.on('exit', () => callee.kill('SIGKILL'));
  await once(callee, 'message');
  return callee;
}

/** The state of the callee's session: `open`, or how it ended. */
async function stateOf(callee: ChildProcess): Promise<string> {
  const told = once(callee, 'message').then(([state]) => String(state));
  callee.send('state');
  return Promise.race([told, sleep(PATIENCE).then(() => 'no answer')]);
}

/** Sends many calls at once. @returns true when all have their result */
async function calls(port: number, callee: ChildProcess, procedure: string, end: Buffer): Promise<boolean> {
  const tally = newKindTally();
  const link = await Link.open({ port, realm: 'realm1' }, 'rawsocket', tally);
  const total = Number(values.calls);
  const started = performance.now();
  const answers = Array.from({ length: total }, () => {
    const request = link.newRequest();
    link.send(`[48,${request},{},"${procedure}"`, end);
    return link.answerTo(request, PATIENCE);
  });
  const results = (await Promise.all(answers)).filter((answer) => answer?.type === 50).length;
  const state = await stateOf(callee);
  const errors = Object.entries(tally.errors).map(([uri, times]) => `${times} ${uri}`);
  console.log(
    `${procedure}: ${results} of ${total} results in ${digits(performance.now() - started)} ms; ` +
      `errors: ${errors.join(', ') || 'none'}; caller ${link.ended ?? 'open'}, callee ${state}`,
  );
  const good = results === total && link.ended === undefined && state === 'open';
  link.leave();
  return good;
}

/** Publishes many events at once, to a subscriber that reads steadily. @returns true when all have arrived in order */
async function events(port: number, size: number, end: Buffer): Promise<boolean> {
  const place = { port, realm: 'realm1' };
  const subscriber = await Link.open(place, 'rawsocket', newKindTally());
  const publisher = await Link.open(place, 'rawsocket', newKindTally());
  await subscriber.ask(32, `{},"${TOPIC}"`);
  const total = Math.round((Number(values.megabytes) * 1e6) / size);
  let [last, misplaced] = [0, 0];
  subscriber.heard = (event): void => {
    const number = Number(/"number":(\d+)/.exec(event.toString('latin1', 0, 200))?.[1]);
    if (number !== last + 1) misplaced += 1;
    last = number;
  };
  const started = performance.now();
  for (let number = 1; number <= total; number += 1) {
    publisher.send(`[16,${publisher.newRequest()},{},"${TOPIC}",[{"number":${number}}`, end);
  }
  const rate = Number(values.rate) * 1e6;
  const expected = (total * size) / rate;
  while (
    last < total &&
    !subscriber.isOver &&
    performance.now() - started < (2 * expected + PATIENCE) * 1000
  ) {
    await crawl(subscriber, rate, 1, () => last >= total);
  }
  const { ended, events: received } = subscriber;
  console.log(
    `${total} events of ${size} bytes at ${values.rate} MB/s: ${received} received in ${digits((performance.now() - started) / 1000)} s, ` +
      `${misplaced} out of order; subscriber ${ended ?? 'open'}, publisher ${publisher.ended ?? 'open'}`,
  );
  const good = received === total && misplaced === 0 && ended === undefined && publisher.ended === undefined;
  subscriber.leave();
  publisher.leave();
  return good;
}

async function run(): Promise<boolean> {
  const options = { heap: 1024, port: 0, config: undefined, program: values.router, profile: undefined };
  const program = await Program.start(options);
  const { port } = program;
  const callee = await startCallee(port);
  const text = (body: Buffer): Buffer => Buffer.concat([body.subarray(0, 1), body.subarray(2)]);
  const held = [
    await calls(port, callee, 'burst.length', TEXT_1M()),
    await calls(port, callee, 'burst.text', Buffer.from(']')),
    await events(port, 1_000_000, text(TEXT_1M())),
    await events(port, 65_000, text(TEXT_64K())),
  ];
  const figures = await program.ask('siege: figures');
  console.log(`router: ${program.death ?? 'lives'}; ${longestTurn(figures)}`);
  callee.kill('SIGKILL');
  await program.stop();
  return held.every(Boolean) && program.death === undefined;
}

if (values.help) console.log(USAGE);
else process.exit((await run()) ? 0 : 1);
