/** Gives the properties of fast-check the seed of the run, which vitest.config.ts chooses. */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['WAMP_FUZZ_SEED']) });
