/** Reads the answers of the router's meta procedures; throws a ProtocolError for invalid ones. */
import { ErrorUri, isId, type Args, type Dict, type Id, type Uri } from '@wamp/protocol';
import { ProtocolError } from '../errors.ts';

function expected(what: string): ProtocolError {
  return new ProtocolError(ErrorUri.PROTOCOL_VIOLATION, [`The router was to give ${what}.`]);
}

export function optional<T>(read: (value: unknown) => T, value: unknown): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

export function none(_value: unknown): void {
  // The specification defines no result for these procedures.
}

export function id(value: unknown): Id {
  if (isId(value)) return value;
  throw expected('an id');
}

export function ids(value: unknown): readonly Id[] {
  if (Array.isArray(value)) return value.map(id);
  throw expected('a list of ids');
}

export function idPair([session, other]: Args): [Id, Id] {
  return [id(session), id(other)];
}

export function count(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  throw expected('a number of things');
}

export function dict(value: unknown): Dict {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Dict;
  throw expected('a dict');
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function uri(value: unknown): Uri {
  if (typeof value === 'string') return value;
  throw expected('a URI');
}

export function date(value: unknown): Date {
  const time = typeof value === 'string' || value instanceof Date ? new Date(value) : undefined;
  if (time === undefined || Number.isNaN(time.getTime())) throw expected('a time');
  return time;
}
