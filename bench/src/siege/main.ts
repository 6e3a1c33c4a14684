/** `npm run siege`: checks that the router withstands a hundred hostile sessions that send legal messages only. */
import { parseArgs } from 'node:util';
import { GROUPS, KINDS } from './kinds/index.ts';
import { faultsOf, line, LINE_TITLE, report } from './report.ts';
import { siege, type SiegeOptions } from './siege.ts';

const USAGE = `npm run siege -- [options]

  --seconds N      the duration of the siege; 60 by default
  --heap MIB       --max-old-space-size of the router; 1024 by default
  --sessions N     hostile sessions at a time; 100 by default
  --processes N    processes for the hostile sessions; 2 by default
  --seed N         the seed that determines what the hostile sessions do; 1 by default
  --only A,B       only these kinds of attack; --list prints all
  --each           one kind after the other, each with a new router; prints a line for each (10 sessions, 8 s)
  --port N         the port of the router; any free port by default
  --config FILE    a configuration of the router, which listens on --port and has --realm
  --realm URI      realm1 by default
  --router FILE    the main.js of another build
  --cpu-prof DIR   the router writes a CPU profile to this folder
  --json           prints the outcome as JSON

Starts the built router (npm run build). Hostile sessions send legal messages of costly kinds to it, while a witness of eight
sessions over WebSocket and RawSocket makes 50 calls and publishes 50 events per second. CPU is measured within the router's
process, per turn of its event loop, and includes garbage collection and its helper threads.

Limits: the process survives; no session of the witness ends, none of its calls fails, and none of its events is lost; no turn
takes more than 50 ms of CPU of the main thread; 30 s after the last hostile session has left, RSS is at most 1.1 times what it
was before, plus 64 MiB, plus the data that the realm keeps by its own account, such as retained events.
Latencies have no limits, because they also depend on the machine.
Exit code: 0 when everything is within its limits, 1 otherwise.
`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    heap: { type: 'string', default: '1024' },
    sessions: { type: 'string' },
    processes: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    each: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    port: { type: 'string' },
    config: { type: 'string' },
    realm: { type: 'string', default: 'realm1' },
    router: { type: 'string' },
    'cpu-prof': { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** The kinds of attack to run. @throws Error for an unknown kind */
function kinds(only: string | undefined): readonly string[] {
  const all = Object.keys(KINDS);
  if (only === undefined) return all;
  const chosen = only.split(',');
  for (const kind of chosen)
    if (!all.includes(kind)) throw new Error(`--only: there is no kind ${kind}; there are ${all.join(', ')}`);
  return chosen;
}

function options(chosen: readonly string[], seconds: number, sessions: number): SiegeOptions {
  return {
    seconds: Number(values.seconds ?? seconds),
    heap: Number(values.heap),
    sessions: Number(values.sessions ?? sessions),
    processes: Number(values.processes),
    seed: Number(values.seed),
    kinds: chosen,
    port: Number(values.port ?? 0),
    config: values.config,
    realm: values.realm,
    program: values.router,
    profile: values['cpu-prof'],
  };
}

/** Attacks with all kinds at once. @returns true when the router has withstood */
async function all(): Promise<boolean> {
  const outcome = await siege(options(kinds(values.only), 60, 100));
  const faults = faultsOf(outcome);
  console.log(values.json ? JSON.stringify({ ...outcome, faults }, undefined, 2) : report(outcome));
  return faults.length === 0;
}

/** Attacks with one kind after the other. @returns true when the router has withstood each */
async function each(): Promise<boolean> {
  let held = true;
  if (!values.json) console.log(LINE_TITLE);
  for (const group of GROUPS) {
    if (values.only !== undefined && !group.some((kind) => kinds(values.only).includes(kind))) continue;
    const outcome = await siege(options(group, 8, 10));
    const faults = faultsOf(outcome);
    console.log(values.json ? JSON.stringify({ ...outcome, faults }) : line(outcome));
    held &&= faults.length === 0;
  }
  return held;
}

if (values.config !== undefined && values.port === undefined)
  throw new Error('--config needs --port, which it listens on');
if (values.help) console.log(USAGE);
else if (values.list) console.log(Object.keys(KINDS).join('\n'));
else process.exitCode = (await (values.each ? each() : all())) ? 0 : 1;
