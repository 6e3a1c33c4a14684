/** The interface of a registration towards the code that runs its handler. */
import type { Handle } from './handle.ts';
import type { Invocation } from './invocation.ts';
import type { PassthruOption } from './passthru.ts';

/** A registration of the application. */
export interface Callee extends Handle {
  /** Returns or promises the result. */
  readonly handler: (args: unknown[], invocation: Invocation<unknown[]>) => unknown;
  readonly passthru: PassthruOption;
}
