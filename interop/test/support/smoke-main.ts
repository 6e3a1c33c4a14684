/** Runs the smoke test in a runtime with a command line; prints its steps, and the name of the runtime. */
import { smoke } from './smoke.ts';

const [url = ''] = process.argv.slice(2);
console.log(JSON.stringify({ agent: navigator.userAgent, steps: await smoke(url) }));
