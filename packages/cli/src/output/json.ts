/** Formats any value as JSON, including values that JSON cannot represent. */

/**
 * The JSON of a value. Bytes are a string that begins with U+0000, followed by their base64, as in WAMP's JSON
 * serialization; integers of any size are digits; other values without a representation are null.
 * @param indent spaces per level; 0 puts everything on one line
 */
export function toJson(value: unknown, indent = 0): string {
  return write(value, indent, '\n');
}

function write(value: unknown, indent: number, line: string): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return JSON.stringify(`\0${Buffer.from(value).toString('base64')}`);
  if (value === undefined) return 'null';
  if (value instanceof Date || typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = indent === 0 ? '' : line + ' '.repeat(indent);
  const end = indent === 0 ? '' : line;
  const next = indent === 0 ? line : inner;
  if (Array.isArray(value)) {
    const parts = value.map((element: unknown) => inner + write(element, indent, next));
    return parts.length === 0 ? '[]' : `[${parts.join(',')}${end}]`;
  }
  const colon = indent === 0 ? ':' : ': ';
  const parts = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => inner + JSON.stringify(key) + colon + write(member, indent, next));
  return parts.length === 0 ? '{}' : `{${parts.join(',')}${end}}`;
}

/**
 * Characters that could control a terminal, or hide what follows: control characters, and marks of text direction.
 */
// eslint-disable-next-line no-control-regex -- the expression matches them
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** Escapes a text for a terminal, so that received data cannot move the cursor, or change colours or titles. */
export function harmless(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
