/** Procedure of the admin realm: its URI, its parameters and its result. */
import { ApplicationError, ErrorUri } from '@wamp/protocol';
import type { LocalAnswer, LocalInvocation } from '@wamp/router';
import { z } from 'zod';

/** The common beginning of all URIs. */
const PREFIX = 'wamp.admin.';

/** A procedure of the admin realm. */
export interface Procedure {
  /** Its URI, such as `wamp.admin.session.list`. */
  readonly uri: string;
  /** Its parameters in order: each may be passed by position or by name. */
  readonly parameters: readonly string[];
  /** @throws ApplicationError as the ERROR of the call */
  serve(invocation: LocalInvocation): Promise<LocalAnswer>;
  /** Makes one answer of those of several workers, that of the asked one first; without it, only that one serves. */
  readonly together?: Together;
}

type Together = (answers: readonly unknown[]) => unknown;

/** A procedure that all workers serve when one of them is asked. */
export function ofAll(each: Procedure, together: Together): Procedure {
  return { ...each, together };
}

/**
 * A procedure with one result.
 * @param name its URI without {@link PREFIX}
 * @param takes its parameters; a call with others is refused
 */
export function procedure<S extends z.ZodRawShape>(
  name: string,
  takes: S,
  serve: (given: z.output<z.ZodObject<S>>, invocation: LocalInvocation) => unknown,
): Procedure {
  const parameters = Object.keys(takes);
  const shape = z.strictObject(takes);
  return {
    uri: `${PREFIX}${name}`,
    parameters,
    async serve(invocation) {
      const given = shape.safeParse(named(invocation, parameters));
      if (!given.success) throw invalid(explained(given.error.issues[0], parameters));
      return { args: [await serve(given.data, invocation)] };
    },
  };
}

/** The error for an invalid argument. */
export function invalid(explanation: string): ApplicationError {
  return new ApplicationError(ErrorUri.INVALID_ARGUMENT, [explanation]);
}

/** All arguments by name. Null counts as absent, and names that begin with `x_` are ignored. */
function named(
  { args, kwargs }: LocalInvocation,
  parameters: readonly string[],
): Readonly<Record<string, unknown>> {
  if (args.length > parameters.length) {
    throw invalid(`expected at most ${parameters.length} arguments (${parameters.join(', ')})`);
  }
  const byPlace = args.map((value, index): [string, unknown] => [parameters[index] ?? '', value]);
  const byName = Object.entries(kwargs).filter(([name]) => !name.startsWith('x_'));
  const twice = byName.find(([name]) => parameters.indexOf(name) in args);
  if (twice !== undefined) throw invalid(`${twice[0]}: given twice, by position and by name`);
  return Object.fromEntries([...byPlace, ...byName].filter(([, value]) => value !== null));
}

function explained(issue: z.core.$ZodIssue | undefined, parameters: readonly string[]): string {
  if (issue?.code === 'unrecognized_keys') {
    const known = parameters.length === 0 ? 'none' : parameters.join(', ');
    return `${issue.keys.join(', ').slice(0, 100)}: no such argument; this procedure takes ${known}`;
  }
  return `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`;
}

/** An id of WAMP, such as that of a session. */
export function id(): z.ZodType<number> {
  return z.int().min(1).max(Number.MAX_SAFE_INTEGER);
}

/** How many entries one result has by default, and at most. */
const DEFAULT_LIMIT = 100;
export const MOST_ENTRIES = 1000;

/** Zod's shape of {@link PAGED}. */
interface PagedShape extends z.ZodRawShape {
  readonly after: z.ZodOptional<z.ZodType<number>>;
  readonly limit: z.ZodDefault<z.ZodInt>;
}

/** The parameters of results that are split into pages. */
export const PAGED: PagedShape = {
  after: id().optional(),
  limit: z.int().min(1).max(MOST_ENTRIES).default(DEFAULT_LIMIT),
};
