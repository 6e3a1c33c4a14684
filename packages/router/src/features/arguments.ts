/** Reads the arguments of the router's own procedures. */
import { ApplicationError, ErrorUri, isId, type Id } from '@wamp/protocol';

/** The error for an argument of the wrong kind. */
export function invalid(explanation: string): ApplicationError {
  return new ApplicationError(ErrorUri.INVALID_ARGUMENT, [explanation]);
}

export function idArgument(value: unknown, name: string): Id {
  if (!isId(value)) throw invalid(`${name}: expected an id`);
  return value;
}

export function textArgument(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalid(`${name}: expected a string`);
  return value;
}

/** A string that may be missing; null counts as missing. */
export function optionalText(value: unknown, name: string): string | undefined {
  return value === undefined || value === null ? undefined : textArgument(value, name);
}

export function isListOfStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
