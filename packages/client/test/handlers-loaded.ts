/** Loads the code that runs handlers before the tests, so that they need not wait for it; handling.test.ts tests that. */
import { loadLateCode } from '../src/handling.ts';

await loadLateCode();
