/** Runs the smoke test in a page or a worker, whichever it is loaded into; its address is behind the `#`. */
import { smoke } from './smoke.ts';

const told = smoke(decodeURIComponent(location.hash.slice(1))).catch((error: unknown) => [String(error)]);
if (typeof document === 'undefined') void told.then((steps) => postMessage(steps));
else Object.assign(globalThis, { told });
