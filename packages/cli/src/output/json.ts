/** Values as JSON, those too that JSON has no form for. */

/**
 * The JSON of a value. Bytes are a string that begins with U+0000, followed by their base64, as WAMP has it for
 * JSON; integers of any size are digits; what has no form is null.
 * @param indent spaces by which each level is indented; 0 puts everything on one line
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

/** Characters that could steer a terminal, or hide what follows: controls, and marks that turn the direction of text. */
// eslint-disable-next-line no-control-regex -- they are what it looks for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/** A text for a terminal: what others sent must not move the cursor, nor change colours or titles. */
export function harmless(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
