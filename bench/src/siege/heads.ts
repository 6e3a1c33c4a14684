/** Reads the parts of a message that a hostile session needs, without decoding its payload. */

/** The first elements of a message in JSON. */
export interface Head {
  readonly type: number;
  /** The second and third element where they are numbers, such as request and subscription. */
  readonly second: number | undefined;
  readonly third: number | undefined;
  /** The first URI of a message that ends something: ABORT, GOODBYE, ERROR. */
  readonly uri: string | undefined;
}

const ABORT = 3;
const GOODBYE = 6;
const ERROR = 8;
const DIGIT_0 = 48;
const COMMA = 44;

/** @param bytes a message in JSON, or its beginning, which is long enough to hold the URI of an error */
export function headOf(bytes: Buffer): Head {
  const cursor = { at: 1 };
  const type = numberAt(bytes, cursor) ?? 0;
  const second = numberAt(bytes, cursor);
  const third = second === undefined ? undefined : numberAt(bytes, cursor);
  const ends = type === ABORT || type === GOODBYE || type === ERROR;
  return { type, second, third, uri: ends ? uriIn(bytes, type) : undefined };
}

/** A whole number and the comma behind it. */
function numberAt(bytes: Buffer, cursor: { at: number }): number | undefined {
  let value = 0;
  let { at } = cursor;
  for (; ; at += 1) {
    const digit = (bytes[at] ?? 0) - DIGIT_0;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at === cursor.at) return undefined;
  cursor.at = bytes[at] === COMMA ? at + 1 : at;
  return value;
}

/** `[3, details, uri]`, `[6, details, uri]`, `[8, type, request, details, uri]`; details hold no URI of ours. */
function uriIn(bytes: Buffer, type: number): string | undefined {
  const text = bytes.toString('utf8');
  try {
    const uri: unknown = (JSON.parse(text) as unknown[])[type === ERROR ? 4 : 2];
    return typeof uri === 'string' ? uri : undefined;
  } catch {
    return /"(wamp\.[\w.]+)"/.exec(text)?.[1];
  }
}
