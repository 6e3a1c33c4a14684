/** What the examples share. */
export { startRouter, type Running, type StartOptions } from './router.ts';
export { buildPage } from './page.ts';
export { portOf, untilStopped } from './program.ts';
export { Traces } from './traces.ts';
