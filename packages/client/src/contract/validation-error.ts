/** The exception for a payload that violates its contract. */
import type { Uri } from '@wamp/protocol';
import { WampError } from '../errors.ts';
import type { SchemaIssue } from './standard-schema.ts';

/** One issue of a payload; its path begins with `args`, `kwargs`, `result`, `resultKwargs` or `progress`. */
export interface ValidationIssue {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** The maximum number of issues in an error, which also states the total. */
const MOST_ISSUES = 20;
/** The maximum length of an issue's message. */
const LONGEST_MESSAGE = 300;

/**
 * A payload violates its contract: `wamp.error.invalid_argument` for arguments, `wamp.error.invalid_payload` for what
 * a callee or publisher sent. Keyword argument `issues` lists the issues, 20 at most.
 */
export class ValidationError extends WampError {
  override readonly name = 'ValidationError';
  readonly issues: readonly ValidationIssue[];

  /** @param what names the payload, such as `The result of math.add2` */
  constructor(uri: Uri, what: string, issues: readonly ValidationIssue[]) {
    const named = issues.slice(0, MOST_ISSUES);
    const more = issues.length > named.length ? `; ${issues.length - named.length} more` : '';
    const said = named.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    super(uri, [`${what} does not fit the contract: ${said}${more}`], { issues: named });
    this.issues = named;
  }
}

/** The issues of a schema as values that can be sent. */
export function issuesIn(part: string, issues: readonly SchemaIssue[]): ValidationIssue[] {
  return issues.map(({ message, path = [] }) => ({
    message: message.slice(0, LONGEST_MESSAGE),
    path: [part, ...path.map((segment) => plainKey(typeof segment === 'object' ? segment.key : segment))],
  }));
}

function plainKey(key: PropertyKey): string | number {
  return typeof key === 'symbol' ? String(key) : key;
}
