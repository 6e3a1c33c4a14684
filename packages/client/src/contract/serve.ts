/** A procedure that validates its arguments and, if configured, its results. */
import type { Kwargs, Uri } from '@wamp/protocol';
import { isGenerator, type Generator } from '../core/generator.ts';
import type { Invocation } from '../core/invocation.ts';
import type { Plain } from '../core/passthru.ts';
import type { Peer } from '../core/peer.ts';
import { quietly } from '../core/quietly.ts';
import { WholeResult, type Result } from '../core/result.ts';
import { isThenable } from '../core/thenable.ts';
import type { Validate } from '../definition.ts';
import type { Procedure } from '../registration.ts';
import { checkedArguments, checkedProgress, checkedResult, soon, type Soon } from './checks.ts';
import type { ProcedureSchemas } from './schemas.ts';

/** An invocation with arguments converted by the schemas. */
class CheckedInvocation implements Invocation<unknown[]> {
  readonly args: unknown[];
  readonly kwargs: Kwargs;
  readonly #invocation: Invocation<unknown[]>;
  readonly #checkProgress: ((given: Result) => Soon<unknown>) | undefined;

  constructor(
    invocation: Invocation<unknown[]>,
    { args, kwargs }: Plain,
    checkProgress: ((given: Result) => Soon<unknown>) | undefined,
  ) {
    this.args = args as unknown[];
    this.kwargs = kwargs;
    this.#invocation = invocation;
    this.#checkProgress = checkProgress;
  }

  get procedure(): Uri {
    return this.#invocation.procedure;
  }

  get caller(): Peer | undefined {
    return this.#invocation.caller;
  }

  get details(): Kwargs {
    return this.#invocation.details;
  }

  get signal(): AbortSignal {
    return this.#invocation.signal;
  }

  get wantsProgress(): boolean {
    return this.#invocation.wantsProgress;
  }

  get input(): Invocation['input'] {
    return this.#invocation.input;
  }

  readonly progress = (value: unknown, kwargs?: Kwargs): Promise<void> => {
    const send = (): Promise<void> => this.#invocation.progress(value, kwargs);
    const check = this.#checkProgress;
    // In order: an asynchronous check delays later ones.
    return Promise.resolve(check === undefined ? send() : soon(check(whole(value)), send));
  };
}

/** @param validate not `off` */
export function served(
  procedure: Uri,
  schemas: ProcedureSchemas,
  handler: Procedure,
  validate: Validate,
): Procedure {
  const outgoing = validate === 'both' ? new CheckedResult(procedure, schemas) : undefined;
  return (args, invocation) =>
    soon(checkedArguments(procedure, schemas, { args, kwargs: invocation.kwargs }), (plain) => {
      const mine = new CheckedInvocation(invocation, plain, outgoing?.progress);
      const given = handler(mine.args, mine);
      return outgoing === undefined ? given : outgoing.given(given);
    });
}

/** Validates what a procedure returns, and passes it on unchanged: the receiver converts it. */
class CheckedResult {
  readonly #procedure: Uri;
  readonly #schemas: ProcedureSchemas;

  constructor(procedure: Uri, schemas: ProcedureSchemas) {
    this.#procedure = procedure;
    this.#schemas = schemas;
  }

  readonly progress = (given: Result): Soon<unknown> =>
    this.#ours(() => checkedProgress(this.#procedure, this.#schemas, given), given);

  readonly #result = (given: unknown): Soon<unknown> =>
    this.#ours(() => checkedResult(this.#procedure, this.#schemas, whole(given)), given);

  /** What a procedure returned: a value, a promise of one, or a generator. */
  given(given: unknown): unknown {
    if (isThenable(given)) return Promise.resolve(given).then(this.#result);
    return isGenerator(given) ? this.#driven(given) : this.#result(given);
  }

  async *#driven(generator: Generator): AsyncGenerator<unknown, unknown, undefined> {
    try {
      for (;;) {
        const next = await generator.next();
        if (next.done === true) return await this.#result(next.value);
        await this.progress(whole(next.value));
        yield next.value;
      }
    } finally {
      await quietly(() => generator.return?.(undefined));
    }
  }

  /** A fault of the callee: the caller receives it as any other exception, not as a fault of its own. */
  #ours(check: () => Soon<unknown>, given: unknown): Soon<unknown> {
    const fault = (cause: unknown): never => {
      throw new Error(`${this.#procedure} gives what its contract does not have.`, { cause });
    };
    try {
      const checked = check();
      return checked instanceof Promise ? checked.then(() => given, fault) : given;
    } catch (cause) {
      return fault(cause);
    }
  }
}

function whole(given: unknown): Result {
  if (given instanceof WholeResult) return given;
  return new WholeResult(given === undefined ? [] : [given], {}, {});
}
