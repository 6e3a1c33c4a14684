/** Validates payloads with schemas, synchronously where the schemas allow it. */
import { ErrorUri, type Args, type Kwargs, type Uri } from '@wamp/protocol';
import type { Lane } from '../core/lane.ts';
import type { Plain } from '../core/passthru.ts';
import { WholeResult, type Result } from '../core/result.ts';
import { isThenable } from '../core/thenable.ts';
import { isPlain } from '../options.ts';
import type { ProcedureSchemas, TopicSchemas } from './schemas.ts';
import type { SchemaResult, StandardSchema } from './standard-schema.ts';
import { issuesIn, ValidationError, type ValidationIssue } from './validation-error.ts';

/** A value, or a promise of it. */
export type Soon<T> = T | Promise<T>;

/** What a validation error is about: its fields. */
type Subject = { readonly procedure: Uri } | { readonly topic: Uri };

/** Calls a function with a value, synchronously if it is not a promise. */
export function soon<T, R>(value: Soon<T>, goOn: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/**
 * Calls a function with the outcome of a check, after all earlier checks: synchronously, if none of them is pending.
 * The function's own promise does not delay later ones.
 * @throws what the check or the function throws, if it runs synchronously; else the promise rejects
 */
export function inTurn<T>(lane: Lane, check: () => Soon<T>, run: (checked: T) => unknown): unknown {
  let outcome: unknown;
  let failure: { readonly thrown: unknown } | undefined;
  const step = (): Promise<void> | undefined => {
    const done = soon(check(), (checked) => {
      outcome = run(checked);
    });
    return done instanceof Promise ? done : undefined;
  };
  const passed = lane.pass(step, (thrown) => {
    failure = { thrown };
  });
  if (passed === undefined) return outcome;
  return passed.then(() => {
    if (failure !== undefined) throw failure.thrown;
    return outcome;
  });
}

/** One part of a payload, and its schema. */
interface Part {
  readonly name: string;
  readonly schema: StandardSchema | undefined;
  readonly value: unknown;
}

/**
 * The values of the parts, as converted by their schemas.
 * @throws ValidationError that names the faults of all parts; or rejects with it
 */
function judge(uri: Uri, what: string, subject: Subject, parts: readonly Part[]): Soon<unknown[]> {
  const verdicts = parts.map(
    ({ schema, value }): Soon<SchemaResult<unknown>> => schema?.['~standard'].validate(value) ?? { value },
  );
  const conclude = (results: readonly SchemaResult<unknown>[]): unknown[] => {
    const issues = results.flatMap((result, at): ValidationIssue[] =>
      result.issues === undefined ? [] : issuesIn(parts[at]?.name ?? '', result.issues),
    );
    if (issues.length > 0) throw Object.assign(new ValidationError(uri, what, issues), subject);
    return results.map((result) => ('value' in result ? result.value : undefined));
  };
  if (!verdicts.some(isThenable)) return conclude(verdicts as SchemaResult<unknown>[]);
  return Promise.all(verdicts.map(async (verdict) => verdict)).then(conclude);
}

function plain(
  uri: Uri,
  what: string,
  subject: Subject,
  { args: argsSchema, kwargs: kwargsSchema }: TopicSchemas,
  { args, kwargs }: Plain,
): Soon<Plain> {
  const parts = [
    { name: 'args', schema: argsSchema, value: args },
    { name: 'kwargs', schema: kwargsSchema, value: kwargs },
  ];
  return soon(judge(uri, what, subject, parts), ([judgedArgs, judgedKwargs]) => {
    if (!Array.isArray(judgedArgs)) throw new TypeError(`${what}: the schema of args gives no list.`);
    if (!isPlain(judgedKwargs)) throw new TypeError(`${what}: the schema of kwargs gives no plain object.`);
    return { args: judgedArgs as Args, kwargs: judgedKwargs };
  });
}

/** The arguments of a call. */
export function checkedArguments(procedure: Uri, schemas: ProcedureSchemas, given: Plain): Soon<Plain> {
  const what = `What ${procedure} is called with`;
  return plain(ErrorUri.INVALID_ARGUMENT, what, { procedure }, schemas, given);
}

/** The payload of an event. */
export function checkedEvent(topic: Uri, schemas: TopicSchemas, given: Plain): Soon<Plain> {
  return plain(ErrorUri.INVALID_PAYLOAD, `An event of ${topic}`, { topic }, schemas, given);
}

/** The final result of a call. */
export function checkedResult(procedure: Uri, schemas: ProcedureSchemas, given: Result): Soon<Result> {
  const { value, args, kwargs, details } = given;
  const parts = [
    { name: 'result', schema: schemas.result, value },
    { name: 'resultKwargs', schema: schemas.resultKwargs, value: kwargs },
  ];
  const what = `The result of ${procedure}`;
  return soon(judge(ErrorUri.INVALID_PAYLOAD, what, { procedure }, parts), ([first, named]) =>
    schemas.result === undefined && schemas.resultKwargs === undefined
      ? given
      : new WholeResult(withFirst(args, first), named as Kwargs, details),
  );
}

/** A progressive result. */
export function checkedProgress(procedure: Uri, schemas: ProcedureSchemas, given: Result): Soon<Result> {
  if (schemas.progress === undefined) return given;
  const { value, args, kwargs, details } = given;
  return soon(
    checkedValue(procedure, schemas, value),
    (first) => new WholeResult(withFirst(args, first), kwargs, details),
  );
}

/** The first positional value of a progressive result. */
export function checkedValue(
  procedure: Uri,
  { progress: schema }: ProcedureSchemas,
  value: unknown,
): Soon<unknown> {
  const what = `A progressive result of ${procedure}`;
  const parts = [{ name: 'progress', schema, value }];
  return soon(judge(ErrorUri.INVALID_PAYLOAD, what, { procedure }, parts), ([first]) => first);
}

/** A missing value differs from one that is undefined. */
function withFirst(args: Args, first: unknown): Args {
  return args.length === 0 && first === undefined ? args : [first, ...args.slice(1)];
}
